SELECT * FROM mapped.audit_findings
