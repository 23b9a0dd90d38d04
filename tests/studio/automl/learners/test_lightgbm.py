from studiolo.studio.automl.learners import lightgbm
from studiolo.testing.automl_learner import LearnerChecks


class TestLightgbm(LearnerChecks):
    learner = lightgbm
