"""Assignments: their text source, the student version, and the proof that their tests judge rightly."""
