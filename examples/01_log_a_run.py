"""Log a run with the ordinary MLflow client, and load its model back.

eval "$(studiolo env)" has set MLFLOW_TRACKING_URI and MLFLOW_TRACKING_TOKEN; nothing here knows of Studiolo.
"""

import mlflow
from mlflow.models import infer_signature
from sklearn.datasets import load_wine
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

frame, target = load_wine(return_X_y=True, as_frame=True)
train, test, train_target, test_target = train_test_split(frame, target, random_state=0, stratify=target)

mlflow.set_experiment("wine")
with mlflow.start_run(run_name="logistic regression") as run:
    mlflow.log_params({"penalty": "l2", "strength": 0.5})
    for step, strength in enumerate((0.01, 0.1, 0.5)):
        model = make_pipeline(StandardScaler(), LogisticRegression(C=strength))
        model.fit(train, train_target)
        mlflow.log_metric("accuracy", float(model.score(test, test_target)), step=step)
    logged = mlflow.sklearn.log_model(model, name="model", signature=infer_signature(test, model.predict(test)))

kept = mlflow.get_run(run.info.run_id)
print(f"{kept.info.run_name}: {kept.info.status}, accuracy {kept.data.metrics['accuracy']:.3f}")

again = mlflow.pyfunc.load_model(logged.model_uri)
print("the first five, by the model that was stored:", again.predict(test.head()).tolist())
