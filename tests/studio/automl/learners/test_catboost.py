from studiolo.studio.automl.learners import catboost
from studiolo.testing.automl_learner import LearnerChecks


class TestCatboost(LearnerChecks):
    learner = catboost
