"""Maps for moving pictures: sizes, ranges, the same draw whatever is switched on."""

import numpy as np
import pytest

from course_lib.data import affine_maps


def draw(**options: float) -> np.ndarray:
    return affine_maps(500, np.random.default_rng(3), **options)


def test_nothing_asked_is_the_identity() -> None:
    maps = draw()
    assert maps.shape == (500, 2, 3)
    assert maps.dtype == np.float32
    np.testing.assert_array_equal(maps, np.broadcast_to(np.eye(2, 3), maps.shape))


def test_angles_stay_within_the_limit_and_go_both_ways() -> None:
    maps = draw(degrees=15)
    angles = np.rad2deg(np.arctan2(maps[:, 1, 0], maps[:, 0, 0]))
    assert -15.001 < angles.min() < -14
    assert 14 < angles.max() < 15.001
    np.testing.assert_allclose(np.linalg.det(maps[:, :, :2]), 1, atol=1e-6)


def test_shift_is_in_pixels_of_the_new_picture() -> None:
    still, turned = draw(shift=2), draw(shift=2, degrees=30, zoom=0.3)
    assert 1.9 < np.abs(still[:, :, 2]).max() <= 2
    # The place that shows the old centre: old = 0.
    centre = -np.linalg.solve(turned[:, :, :2], turned[:, :, 2:])[..., 0]
    np.testing.assert_allclose(centre, -still[:, :, 2], atol=1e-5)


def test_zoom_and_flip() -> None:
    areas = np.linalg.det(draw(zoom=0.2)[:, :, :2])
    assert 1 / 1.2**2 - 1e-5 < areas.min() < 0.72
    assert 1.5 < areas.max() < 1 / 0.8**2 + 1e-5
    flipped = np.linalg.det(draw(flip=True)[:, :, :2])
    assert 0.4 < (flipped < 0).mean() < 0.6


@pytest.mark.parametrize("options", [{"degrees": -1}, {"shift": -1}, {"zoom": 1}, {"zoom": -0.1}])
def test_bad_limits(options: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=r"must (be|lie)"):
        draw(**options)
