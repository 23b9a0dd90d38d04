from studiolo.studio.automl.learners import extra_trees
from studiolo.testing.automl_learner import LearnerChecks


class TestExtraTrees(LearnerChecks):
    learner = extra_trees
