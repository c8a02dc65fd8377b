"""The course on JupyterHub: people and passwords, servers that see only their own home, exchange, grading.

Only this package imports jupyterhub and ngshare, and nothing but the command line imports this package.
"""
