SELECT * FROM mapped.chronic_absence_months
