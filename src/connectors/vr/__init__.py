"""connectors/vr"""
