SELECT * FROM mapped.student_growth
