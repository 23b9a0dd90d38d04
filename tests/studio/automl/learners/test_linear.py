from studiolo.studio.automl.learners import linear
from studiolo.testing.automl_learner import LearnerChecks


class TestLinear(LearnerChecks):
    learner = linear
