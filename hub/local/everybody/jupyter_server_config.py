"""Jupyter servers of everybody: what the hub has withdrawn is refused ten seconds later, not five minutes."""

c = get_config()  # noqa: F821

c.HubOAuth.cache_max_age = 10
