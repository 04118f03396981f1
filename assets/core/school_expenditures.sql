SELECT * FROM mapped.school_expenditures
