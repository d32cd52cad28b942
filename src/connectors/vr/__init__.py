"""The VR register: paged JSON collections and filings."""
