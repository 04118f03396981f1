SELECT * FROM mapped.poverty
