SELECT * FROM mapped.assessment_results
