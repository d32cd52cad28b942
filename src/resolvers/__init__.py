"""Use cases: authorise, load, decide, store, audit. They know no transport."""
