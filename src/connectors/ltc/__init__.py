"""The LTC credit system: NDJSON change feed and snapshots."""
