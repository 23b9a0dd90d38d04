from studiolo.studio.automl.learners import hist_gradient_boosting
from studiolo.testing.automl_learner import LearnerChecks


class TestHistGradientBoosting(LearnerChecks):
    learner = hist_gradient_boosting
