"""connectors/ltc"""
