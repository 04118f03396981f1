SELECT * FROM mapped.review_decisions
