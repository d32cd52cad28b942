"""The rules: pure functions over frozen facts. No I/O, no clock.

``evaluate`` answers a question in the vocabulary of the rulebooks; ``Ruleset`` holds the dated
figures; ``citation`` resolves what a decision cites.
"""
