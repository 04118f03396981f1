SELECT * FROM mapped.program_participation
