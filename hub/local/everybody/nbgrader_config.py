"""nbgrader for everybody: the course, and the exchange that knows who is asking."""

from course_lib.hub.place import COURSE

c = get_config()  # noqa: F821

c.CourseDirectory.course_id = COURSE

_EXCHANGE = "course_lib.hub.exchange"
c.ExchangeFactory.exchange = f"{_EXCHANGE}.Exchange"
c.ExchangeFactory.list = f"{_EXCHANGE}.ExchangeList"
c.ExchangeFactory.fetch_assignment = f"{_EXCHANGE}.ExchangeFetchAssignment"
c.ExchangeFactory.submit = f"{_EXCHANGE}.ExchangeSubmit"
c.ExchangeFactory.fetch_feedback = f"{_EXCHANGE}.ExchangeFetchFeedback"
c.ExchangeFactory.release_assignment = f"{_EXCHANGE}.ExchangeReleaseAssignment"
c.ExchangeFactory.collect = f"{_EXCHANGE}.ExchangeCollect"
c.ExchangeFactory.release_feedback = f"{_EXCHANGE}.ExchangeReleaseFeedback"
