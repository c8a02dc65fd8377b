"""The grading engine: hostile submissions in, marks out, without running their code where marks are made.

==================  ==================================================================================
assignment          `bundle` (from `coursedir`, `generated`, `policy`, `syntax`)
submission          `reading` a folder (`basket`, `received`, `paths`), `intake` (`submitted`, `arranging`)
student's process   `student`, `shell` (`capture`, `outputs`), `agent` answers the judge
judge's process     `judge`, `names`, `remote`, `magics`
between the two     `frames`, `values`, `tensors`, `peer`, `claims`, `seeding`
one submission      `grade`: `runner` and `kernel` lead the two processes, `scoring` gives the points
a class             `coordinator`: `pool` or `cluster` grade, `journal` remembers
==================  ==================================================================================

`model` holds the plain data that all of them exchange.
"""
