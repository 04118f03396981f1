"""What the agency publishes: contracts, measures, plan model, and the database of releases."""
