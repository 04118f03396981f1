SELECT * FROM mapped.status_events
