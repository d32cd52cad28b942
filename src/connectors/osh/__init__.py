"""connectors/osh"""
