"""Grade on submit: a service of the hub that grades what arrives in the exchange, and shows it to whoever handed it in.

Nothing here gives marks: the gradebook is written by `course grade` and formgrader.
"""
