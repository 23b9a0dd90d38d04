from studiolo.studio.automl.learners import xgboost
from studiolo.testing.automl_learner import LearnerChecks


class TestXgboost(LearnerChecks):
    learner = xgboost
