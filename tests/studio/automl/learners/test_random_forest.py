from studiolo.studio.automl.learners import random_forest
from studiolo.testing.automl_learner import LearnerChecks


class TestRandomForest(LearnerChecks):
    learner = random_forest
