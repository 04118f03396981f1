SELECT * FROM mapped.student_attendance
