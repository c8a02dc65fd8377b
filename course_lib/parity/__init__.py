"""Do the halls agree? Copy weights from one side to the other; compare outputs, gradients and loss curves."""

from course_lib.parity.compare import agree, gradients_agree, outputs_agree, to_numpy
from course_lib.parity.transfer import copy_weights, hall_of

__all__ = ["agree", "copy_weights", "gradients_agree", "hall_of", "outputs_agree", "to_numpy"]
