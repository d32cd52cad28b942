"""The only code that knows the agencies: fetch, parse, map; and deliver."""
