"""Simulated agencies, their data generator and the dev issuer; imports domain alone."""
