"""nbgrader's exchange over ngshare, a service of the hub that knows who is asking.

nbgrader's own exchange is a shared folder: it believes the owners of files and the times that students write, and
needs an account of the system for each of them. Here the hub says who is asking and the service says when.

Why this client, and not `ngshare_exchange`: its newest version (0.5.3) requires `jupyter_core<4.11.2`, which pulls
the whole Jupyter stack years back. It also deletes an assignment, with its submissions, to release it again.
"""
