SELECT * FROM mapped.audit_awards
