SELECT * FROM mapped.reimbursement_requests
