"""Helper package of the course: data, the three halls, parity, plots and claims, and the tools that run it all."""
