BEGIN TRANSACTION;
CREATE TABLE accounts (
	id VARCHAR(32) NOT NULL, 
	name VARCHAR(120) NOT NULL, 
	password_hash VARCHAR(200), 
	disabled BOOLEAN NOT NULL, 
	created_at DATETIME NOT NULL, 
	CONSTRAINT pk_accounts PRIMARY KEY (id), 
	CONSTRAINT uq_accounts_name UNIQUE (name)
);
INSERT INTO "accounts" VALUES('01a21479bfaf70009028f02c65f4de99','owner',NULL,0,'2026-11-25 20:50:52.975857');
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0001');
CREATE TABLE artifacts (
	workspace_id VARCHAR(32) NOT NULL, 
	path VARCHAR(1024) NOT NULL, 
	digest VARCHAR(64) NOT NULL, 
	size BIGINT NOT NULL, 
	created_at DATETIME NOT NULL, 
	CONSTRAINT pk_artifacts PRIMARY KEY (workspace_id, path)
);
INSERT INTO "artifacts" VALUES('01a21479bfb1700094b3e79e5d8255c2','1/01a2147a2c597000bc0b142e0b3bc082/artifacts/note.txt','ea8f163db38682925e4491c5e58d4bb3506ef8c14eb78a86e908c5624a67200f',5,'2026-11-25 20:51:21.215401');
INSERT INTO "artifacts" VALUES('01a21479bfb1700094b3e79e5d8255c2','1/01a2147a2e9f7000888d1926b35ab90f/artifacts/note.txt','ea8f163db38682925e4491c5e58d4bb3506ef8c14eb78a86e908c5624a67200f',5,'2026-11-25 20:51:21.673005');
INSERT INTO "artifacts" VALUES('01a21479bfb1700094b3e79e5d8255c2','1/models/m-01a2147a30c170008a482259612144ce/artifacts/requirements.txt','01eb4f7c5689a7c5014ae269d10ee43c22bc7c85521a229ce5a750558040145a',103,'2026-11-25 20:51:49.733706');
INSERT INTO "artifacts" VALUES('01a21479bfb1700094b3e79e5d8255c2','1/models/m-01a2147a30c170008a482259612144ce/artifacts/MLmodel','03bece2d8e2cf41ca695b1bc7b58d16282d275773a55a64a82ad8c8af7a46f8e',681,'2026-11-25 20:51:49.824995');
INSERT INTO "artifacts" VALUES('01a21479bfb1700094b3e79e5d8255c2','1/models/m-01a2147a30c170008a482259612144ce/artifacts/python_env.yaml','dc3ab20f45d156bafea2b1d84ebd9fa859192edc7a253deed80dcfeafa3e9f32',114,'2026-11-25 20:51:49.887880');
INSERT INTO "artifacts" VALUES('01a21479bfb1700094b3e79e5d8255c2','1/models/m-01a2147a30c170008a482259612144ce/artifacts/conda.yaml','ce8879f7c5a1c8b1bd4a7582edd7437d46d5f5a8b8547c0dd9e62308658dde88',224,'2026-11-25 20:51:49.975953');
INSERT INTO "artifacts" VALUES('01a21479bfb1700094b3e79e5d8255c2','1/models/m-01a2147a30c170008a482259612144ce/artifacts/model.skops','4d40079b2cb878244bb1704b2a700557819c68f75ca2f69a069a051cc44659b7',9143,'2026-11-25 20:51:50.055809');
INSERT INTO "artifacts" VALUES('01a21479bfb1700094b3e79e5d8255c2','registry/01a2147a9f5470008726f48ac2862b72/MLmodel','03bece2d8e2cf41ca695b1bc7b58d16282d275773a55a64a82ad8c8af7a46f8e',681,'2026-11-25 20:51:50.281837');
INSERT INTO "artifacts" VALUES('01a21479bfb1700094b3e79e5d8255c2','registry/01a2147a9f5470008726f48ac2862b72/conda.yaml','ce8879f7c5a1c8b1bd4a7582edd7437d46d5f5a8b8547c0dd9e62308658dde88',224,'2026-11-25 20:51:50.281837');
INSERT INTO "artifacts" VALUES('01a21479bfb1700094b3e79e5d8255c2','registry/01a2147a9f5470008726f48ac2862b72/model.skops','4d40079b2cb878244bb1704b2a700557819c68f75ca2f69a069a051cc44659b7',9143,'2026-11-25 20:51:50.281837');
INSERT INTO "artifacts" VALUES('01a21479bfb1700094b3e79e5d8255c2','registry/01a2147a9f5470008726f48ac2862b72/python_env.yaml','dc3ab20f45d156bafea2b1d84ebd9fa859192edc7a253deed80dcfeafa3e9f32',114,'2026-11-25 20:51:50.281837');
INSERT INTO "artifacts" VALUES('01a21479bfb1700094b3e79e5d8255c2','registry/01a2147a9f5470008726f48ac2862b72/requirements.txt','01eb4f7c5689a7c5014ae269d10ee43c22bc7c85521a229ce5a750558040145a',103,'2026-11-25 20:51:50.281837');
INSERT INTO "artifacts" VALUES('01a21479bfb1700094b3e79e5d8255c2','2/01a2147ac8a57000946f2c2c3e16bc8b/artifacts/edges.json','aae05d88ac9b97e1fcbd6fa18488331a13912757b00eea1ac7b950b681079913',1707,'2026-11-25 20:52:03.534015');
INSERT INTO "artifacts" VALUES('01a21479bfb1700094b3e79e5d8255c2','2/01a2147ac8a57000946f2c2c3e16bc8b/artifacts/profile.json','b8fd0751ed5e8dc558d6acce0db5562eb1d0a0c9053fa66d27a731978afb4398',1125,'2026-11-25 20:52:03.534015');
CREATE TABLE audit (
	id VARCHAR(32) NOT NULL, 
	at DATETIME NOT NULL, 
	workspace_id VARCHAR(32), 
	actor VARCHAR(64) NOT NULL, 
	action VARCHAR(80) NOT NULL, 
	subject VARCHAR(300) NOT NULL, 
	detail JSON NOT NULL, 
	CONSTRAINT pk_audit PRIMARY KEY (id), 
	CONSTRAINT uq_audit_workspace_id_id UNIQUE (workspace_id, id)
);
INSERT INTO "audit" VALUES('01a2147aa14470009e563c0cfe57efe8','2026-11-25 20:51:50.724358','01a21479bfb1700094b3e79e5d8255c2','owner','run.deleted','01a2147aa0bb7000b9bed1e32ce6a90c','{}');
CREATE TABLE compute_holdings (
	holder VARCHAR(120) NOT NULL, 
	compute VARCHAR(120) NOT NULL, 
	workspace_id VARCHAR(32) NOT NULL, 
	title VARCHAR(500) NOT NULL, 
	run_id VARCHAR(32), 
	cores INTEGER NOT NULL, 
	memory_bytes BIGINT NOT NULL, 
	since DATETIME NOT NULL, 
	CONSTRAINT pk_compute_holdings PRIMARY KEY (holder)
);
CREATE TABLE dataset_versions (
	workspace_id VARCHAR(32) NOT NULL, 
	name VARCHAR(100) NOT NULL, 
	version INTEGER NOT NULL, 
	digest VARCHAR(64) NOT NULL, 
	files JSON NOT NULL, 
	readable VARCHAR(64), 
	size BIGINT NOT NULL, 
	rows BIGINT NOT NULL, 
	columns INTEGER NOT NULL, 
	format VARCHAR(40) NOT NULL, 
	"table" JSON NOT NULL, 
	preview VARCHAR(64) NOT NULL, 
	created_at DATETIME NOT NULL, 
	created_by VARCHAR(120) NOT NULL, 
	profile_run VARCHAR(32), 
	profile VARCHAR(64), 
	profile_error TEXT, 
	CONSTRAINT pk_dataset_versions PRIMARY KEY (workspace_id, name, version), 
	CONSTRAINT fk_dataset_versions_dataset FOREIGN KEY(workspace_id, name) REFERENCES datasets (workspace_id, name)
);
INSERT INTO "dataset_versions" VALUES('01a21479bfb1700094b3e79e5d8255c2','small',1,'c5182fb117f4be866d4e221ea5659012400f0be74d11f575e698ba6d4af2bb7b','[{"path":"t.csv","size":12,"digest":"cfa0d30875783cec8502a2900134f1e79e803d323aff2d27670ee9a4444a4129"}]',NULL,12,2,2,'delimited','{"format":"delimited","columns":[{"name":"a","type":"integer","sql_type":"BIGINT","stored":""},{"name":"b","type":"text","sql_type":"VARCHAR","stored":""}],"rows":2,"options":{"delimiter":",","quote":"\"","escape":"\"","header":true,"missing":[""],"decimal":".","longest_line":3,"encoding":"utf-8"},"notes":[]}','41e0bd160480bf6d00849f14f8d4a869a518cfd715174c9aafa6d1043d158a8c','2026-11-25 20:52:00.739807','owner','01a2147ac8a57000946f2c2c3e16bc8b','b8fd0751ed5e8dc558d6acce0db5562eb1d0a0c9053fa66d27a731978afb4398',NULL);
CREATE TABLE datasets (
	workspace_id VARCHAR(32) NOT NULL, 
	name VARCHAR(100) NOT NULL, 
	id VARCHAR(32) NOT NULL, 
	description TEXT NOT NULL, 
	latest INTEGER NOT NULL, 
	created_at DATETIME NOT NULL, 
	updated_at DATETIME NOT NULL, 
	created_by VARCHAR(120) NOT NULL, 
	CONSTRAINT pk_datasets PRIMARY KEY (workspace_id, name), 
	CONSTRAINT uq_datasets_id UNIQUE (id)
);
INSERT INTO "datasets" VALUES('01a21479bfb1700094b3e79e5d8255c2','small','01a2147ac8507000845f7a479c0f7a70','',1,'2026-11-25 20:52:00.720384','2026-11-25 20:52:00.739807','owner');
CREATE TABLE endpoint_deployments (
	id VARCHAR(32) NOT NULL, 
	workspace_id VARCHAR(32) NOT NULL, 
	endpoint_id VARCHAR(32) NOT NULL, 
	number INTEGER NOT NULL, 
	model VARCHAR(250) NOT NULL, 
	version INTEGER NOT NULL, 
	workers INTEGER NOT NULL, 
	tier VARCHAR(12) NOT NULL, 
	desired VARCHAR(12) NOT NULL, 
	state VARCHAR(12) NOT NULL, 
	message TEXT NOT NULL, 
	attempt INTEGER NOT NULL, 
	restarts INTEGER NOT NULL, 
	not_before DATETIME, 
	ready JSON, 
	failure JSON, 
	created_by VARCHAR(200) NOT NULL, 
	created_at DATETIME NOT NULL, 
	started_at DATETIME, 
	live_at DATETIME, 
	ended_at DATETIME, 
	CONSTRAINT pk_endpoint_deployments PRIMARY KEY (id), 
	CONSTRAINT fk_endpoint_deployments_endpoint_id FOREIGN KEY(endpoint_id) REFERENCES endpoints (id) ON DELETE CASCADE, 
	CONSTRAINT uq_endpoint_deployments_endpoint_id_number UNIQUE (endpoint_id, number)
);
CREATE TABLE endpoints (
	id VARCHAR(32) NOT NULL, 
	workspace_id VARCHAR(32) NOT NULL, 
	name VARCHAR(63) NOT NULL, 
	description TEXT NOT NULL, 
	host VARCHAR(255) NOT NULL, 
	port INTEGER NOT NULL, 
	desired VARCHAR(12) NOT NULL, 
	keys JSON NOT NULL, 
	last_number INTEGER NOT NULL, 
	created_by VARCHAR(200) NOT NULL, 
	created_at DATETIME NOT NULL, 
	updated_at DATETIME NOT NULL, 
	CONSTRAINT pk_endpoints PRIMARY KEY (id), 
	CONSTRAINT uq_endpoints_port UNIQUE (port), 
	CONSTRAINT uq_endpoints_workspace_id_name UNIQUE (workspace_id, name)
);
CREATE TABLE events (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	workspace_id VARCHAR(32) NOT NULL, 
	kind VARCHAR(80) NOT NULL, 
	subject VARCHAR(300) NOT NULL, 
	actor VARCHAR(64) NOT NULL, 
	data JSON NOT NULL, 
	at DATETIME NOT NULL
);
INSERT INTO "events" VALUES(1,'01a21479bfb1700094b3e79e5d8255c2','experiment.created','1','01a21479bfaf70009028f02c65f4de99','{"name":"churn"}','2026-11-25 20:51:20.536165');
INSERT INTO "events" VALUES(2,'01a21479bfb1700094b3e79e5d8255c2','run.created','01a2147a2c597000bc0b142e0b3bc082','01a21479bfaf70009028f02c65f4de99','{"kind":"run","state":"Running","parent_id":null}','2026-11-25 20:51:20.812828');
INSERT INTO "events" VALUES(3,'01a21479bfb1700094b3e79e5d8255c2','run.logged','01a2147a2c597000bc0b142e0b3bc082','01a21479bfaf70009028f02c65f4de99','{}','2026-11-25 20:51:20.904835');
INSERT INTO "events" VALUES(4,'01a21479bfb1700094b3e79e5d8255c2','run.completed','01a2147a2c597000bc0b142e0b3bc082','01a21479bfaf70009028f02c65f4de99','{"kind":"run","state":"Completed"}','2026-11-25 20:51:21.352067');
INSERT INTO "events" VALUES(5,'01a21479bfb1700094b3e79e5d8255c2','run.created','01a2147a2e9f7000888d1926b35ab90f','01a21479bfaf70009028f02c65f4de99','{"kind":"run","state":"Running","parent_id":null}','2026-11-25 20:51:21.377190');
INSERT INTO "events" VALUES(6,'01a21479bfb1700094b3e79e5d8255c2','run.logged','01a2147a2e9f7000888d1926b35ab90f','01a21479bfaf70009028f02c65f4de99','{}','2026-11-25 20:51:21.439314');
INSERT INTO "events" VALUES(7,'01a21479bfb1700094b3e79e5d8255c2','model.created','churn','01a21479bfaf70009028f02c65f4de99','{}','2026-11-25 20:51:50.175939');
INSERT INTO "events" VALUES(8,'01a21479bfb1700094b3e79e5d8255c2','model.version_created','churn','01a21479bfaf70009028f02c65f4de99','{"version":1,"run_id":"01a2147a2e9f7000888d1926b35ab90f"}','2026-11-25 20:51:50.287626');
INSERT INTO "events" VALUES(9,'01a21479bfb1700094b3e79e5d8255c2','run.completed','01a2147a2e9f7000888d1926b35ab90f','01a21479bfaf70009028f02c65f4de99','{"kind":"run","state":"Completed"}','2026-11-25 20:51:50.445113');
INSERT INTO "events" VALUES(10,'01a21479bfb1700094b3e79e5d8255c2','run.created','01a2147aa0bb7000b9bed1e32ce6a90c','01a21479bfaf70009028f02c65f4de99','{"kind":"run","state":"Running","parent_id":null}','2026-11-25 20:51:50.589533');
INSERT INTO "events" VALUES(11,'01a21479bfb1700094b3e79e5d8255c2','run.logged','01a2147aa0bb7000b9bed1e32ce6a90c','01a21479bfaf70009028f02c65f4de99','{}','2026-11-25 20:51:50.625538');
INSERT INTO "events" VALUES(12,'01a21479bfb1700094b3e79e5d8255c2','run.completed','01a2147aa0bb7000b9bed1e32ce6a90c','01a21479bfaf70009028f02c65f4de99','{"kind":"run","state":"Completed"}','2026-11-25 20:51:50.665724');
INSERT INTO "events" VALUES(13,'01a21479bfb1700094b3e79e5d8255c2','run.deleted','01a2147aa0bb7000b9bed1e32ce6a90c','01a21479bfaf70009028f02c65f4de99','{}','2026-11-25 20:51:50.724996');
INSERT INTO "events" VALUES(14,'01a21479bfb1700094b3e79e5d8255c2','model.updated','churn','01a21479bfaf70009028f02c65f4de99','{"alias":"champion","version":1}','2026-11-25 20:51:50.805325');
INSERT INTO "events" VALUES(15,'01a21479bfb1700094b3e79e5d8255c2','run.created','01a2147ac8a57000946f2c2c3e16bc8b','01a21479bfaf70009028f02c65f4de99','{"kind":"profile","state":"Queued","parent_id":null}','2026-11-25 20:52:00.820934');
INSERT INTO "events" VALUES(16,'01a21479bfb1700094b3e79e5d8255c2','dataset.created','small','01a21479bfaf70009028f02c65f4de99','{"version":1,"rows":2}','2026-11-25 20:52:00.848001');
INSERT INTO "events" VALUES(17,'01a21479bfb1700094b3e79e5d8255c2','run.updated','01a2147ac8a57000946f2c2c3e16bc8b','system','{"run_id":"01a2147ac8a57000946f2c2c3e16bc8b","kind":"profile","state":"Preparing","failure":null,"parent_id":null,"experiment_id":"2","name":"profile of small:1"}','2026-11-25 20:52:01.010227');
INSERT INTO "events" VALUES(18,'01a21479bfb1700094b3e79e5d8255c2','run.updated','01a2147ac8a57000946f2c2c3e16bc8b','system','{"run_id":"01a2147ac8a57000946f2c2c3e16bc8b","kind":"profile","state":"Starting","failure":null,"parent_id":null,"experiment_id":"2","name":"profile of small:1"}','2026-11-25 20:52:01.049512');
INSERT INTO "events" VALUES(19,'01a21479bfb1700094b3e79e5d8255c2','run.updated','01a2147ac8a57000946f2c2c3e16bc8b','system','{"run_id":"01a2147ac8a57000946f2c2c3e16bc8b","kind":"profile","state":"Running","failure":null,"parent_id":null,"experiment_id":"2","name":"profile of small:1"}','2026-11-25 20:52:01.323981');
INSERT INTO "events" VALUES(20,'01a21479bfb1700094b3e79e5d8255c2','run.updated','01a2147ac8a57000946f2c2c3e16bc8b','system','{"kind":"profile","parent_id":null,"experiment_id":"2","progress":{"done":1.0,"total":1.0,"label":"Done"}}','2026-11-25 20:52:02.805564');
INSERT INTO "events" VALUES(21,'01a21479bfb1700094b3e79e5d8255c2','run.updated','01a2147ac8a57000946f2c2c3e16bc8b','system','{"run_id":"01a2147ac8a57000946f2c2c3e16bc8b","kind":"profile","state":"Finalizing","failure":null,"parent_id":null,"experiment_id":"2","name":"profile of small:1"}','2026-11-25 20:52:03.409289');
INSERT INTO "events" VALUES(22,'01a21479bfb1700094b3e79e5d8255c2','run.updated','01a2147ac8a57000946f2c2c3e16bc8b','system','{"run_id":"01a2147ac8a57000946f2c2c3e16bc8b","kind":"profile","state":"Completed","failure":null,"parent_id":null,"experiment_id":"2","name":"profile of small:1"}','2026-11-25 20:52:03.535580');
INSERT INTO "events" VALUES(23,'01a21479bfb1700094b3e79e5d8255c2','run.completed','01a2147ac8a57000946f2c2c3e16bc8b','system','{"run_id":"01a2147ac8a57000946f2c2c3e16bc8b","kind":"profile","state":"Completed","failure":null,"parent_id":null,"experiment_id":"2","name":"profile of small:1"}','2026-11-25 20:52:03.535798');
INSERT INTO "events" VALUES(24,'01a21479bfb1700094b3e79e5d8255c2','dataset.updated','small','system','{"version":1,"profile":"ready"}','2026-11-25 20:52:03.597849');
INSERT INTO "events" VALUES(25,'01a21479bfb1700094b3e79e5d8255c2','run.created','01a2147adb297000af99824c04575779','01a21479bfaf70009028f02c65f4de99','{"kind":"command","state":"Queued","parent_id":null}','2026-11-25 20:52:05.555825');
INSERT INTO "events" VALUES(26,'01a21479bfb1700094b3e79e5d8255c2','run.updated','01a2147adb297000af99824c04575779','system','{"run_id":"01a2147adb297000af99824c04575779","kind":"command","state":"Preparing","failure":null,"parent_id":null,"experiment_id":"3","name":"job"}','2026-11-25 20:52:05.621539');
INSERT INTO "events" VALUES(27,'01a21479bfb1700094b3e79e5d8255c2','run.updated','01a2147adb297000af99824c04575779','system','{"run_id":"01a2147adb297000af99824c04575779","kind":"command","state":"Starting","failure":null,"parent_id":null,"experiment_id":"3","name":"job"}','2026-11-25 20:52:05.638373');
INSERT INTO "events" VALUES(28,'01a21479bfb1700094b3e79e5d8255c2','run.updated','01a2147adb297000af99824c04575779','system','{"run_id":"01a2147adb297000af99824c04575779","kind":"command","state":"Running","failure":null,"parent_id":null,"experiment_id":"3","name":"job"}','2026-11-25 20:52:05.873117');
INSERT INTO "events" VALUES(29,'01a21479bfb1700094b3e79e5d8255c2','run.updated','01a2147adb297000af99824c04575779','system','{"run_id":"01a2147adb297000af99824c04575779","kind":"command","state":"Finalizing","failure":null,"parent_id":null,"experiment_id":"3","name":"job"}','2026-11-25 20:52:05.994424');
INSERT INTO "events" VALUES(30,'01a21479bfb1700094b3e79e5d8255c2','run.updated','01a2147adb297000af99824c04575779','system','{"run_id":"01a2147adb297000af99824c04575779","kind":"command","state":"Completed","failure":null,"parent_id":null,"experiment_id":"3","name":"job"}','2026-11-25 20:52:06.037735');
INSERT INTO "events" VALUES(31,'01a21479bfb1700094b3e79e5d8255c2','run.completed','01a2147adb297000af99824c04575779','system','{"run_id":"01a2147adb297000af99824c04575779","kind":"command","state":"Completed","failure":null,"parent_id":null,"experiment_id":"3","name":"job"}','2026-11-25 20:52:06.037926');
CREATE TABLE experiments (
	number INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	workspace_id VARCHAR(32) NOT NULL, 
	name VARCHAR(500) NOT NULL, 
	lifecycle VARCHAR(10) NOT NULL, 
	artifact_location TEXT NOT NULL, 
	tags JSON NOT NULL, 
	created_at DATETIME NOT NULL, 
	updated_at DATETIME NOT NULL, 
	CONSTRAINT uq_experiments_workspace_id_name UNIQUE (workspace_id, name)
);
INSERT INTO "experiments" VALUES(1,'01a21479bfb1700094b3e79e5d8255c2','churn','active','','{}','2026-11-25 20:51:20.526372','2026-11-25 20:51:20.526372');
INSERT INTO "experiments" VALUES(2,'01a21479bfb1700094b3e79e5d8255c2','Profiles','active','','{}','2026-11-25 20:52:00.818673','2026-11-25 20:52:00.818673');
INSERT INTO "experiments" VALUES(3,'01a21479bfb1700094b3e79e5d8255c2','jobs','active','','{}','2026-11-25 20:52:05.545713','2026-11-25 20:52:05.545713');
CREATE TABLE input_datasets (
	id INTEGER NOT NULL, 
	experiment INTEGER NOT NULL, 
	name VARCHAR(500) NOT NULL, 
	digest VARCHAR(36) NOT NULL, 
	source_type TEXT NOT NULL, 
	source TEXT NOT NULL, 
	schema TEXT, 
	profile TEXT, 
	CONSTRAINT pk_input_datasets PRIMARY KEY (id), 
	CONSTRAINT fk_input_datasets_experiment FOREIGN KEY(experiment) REFERENCES experiments (number) ON DELETE CASCADE
);
CREATE TABLE lineage (
	workspace_id VARCHAR(32) NOT NULL, 
	source VARCHAR(320) NOT NULL, 
	target VARCHAR(320) NOT NULL, 
	created_at DATETIME NOT NULL, 
	CONSTRAINT pk_lineage PRIMARY KEY (workspace_id, source, target)
);
INSERT INTO "lineage" VALUES('01a21479bfb1700094b3e79e5d8255c2','run:01a2147a2e9f7000888d1926b35ab90f','model:churn:1','2026-11-25 20:51:50.286788');
CREATE TABLE logged_model_metrics (
	model_id VARCHAR(34) NOT NULL, 
	"key" INTEGER NOT NULL, 
	run INTEGER NOT NULL, 
	dataset_name VARCHAR(500) NOT NULL, 
	dataset_digest VARCHAR(36) NOT NULL, 
	step BIGINT NOT NULL, 
	ts BIGINT NOT NULL, 
	value DOUBLE NOT NULL, 
	nan SMALLINT NOT NULL, 
	CONSTRAINT pk_logged_model_metrics PRIMARY KEY (model_id, "key", run, dataset_name, dataset_digest), 
	CONSTRAINT fk_logged_model_metrics_model_id FOREIGN KEY(model_id) REFERENCES logged_models (id) ON DELETE CASCADE, 
	CONSTRAINT fk_logged_model_metrics_run FOREIGN KEY(run) REFERENCES runs (seq) ON DELETE CASCADE
);
INSERT INTO "logged_model_metrics" VALUES('m-01a2147a30c170008a482259612144ce',7,2,'','',0,1700000000000,1.0,0);
INSERT INTO "logged_model_metrics" VALUES('m-01a2147a30c170008a482259612144ce',8,2,'','',0,1795639881587,0.0,1);
CREATE TABLE logged_models (
	id VARCHAR(34) NOT NULL, 
	workspace_id VARCHAR(32) NOT NULL, 
	experiment INTEGER NOT NULL, 
	name VARCHAR(500) NOT NULL, 
	model_type VARCHAR(500) NOT NULL, 
	source_run_id VARCHAR(32), 
	status VARCHAR(40) NOT NULL, 
	params JSON NOT NULL, 
	tags JSON NOT NULL, 
	lifecycle VARCHAR(10) NOT NULL, 
	created_at DATETIME NOT NULL, 
	updated_at DATETIME NOT NULL, 
	CONSTRAINT pk_logged_models PRIMARY KEY (id), 
	CONSTRAINT fk_logged_models_experiment FOREIGN KEY(experiment) REFERENCES experiments (number) ON DELETE CASCADE
);
INSERT INTO "logged_models" VALUES('m-01a2147a30c170008a482259612144ce','01a21479bfb1700094b3e79e5d8255c2',1,'model','','01a2147a2e9f7000888d1926b35ab90f','LOGGED_MODEL_READY','{"C":"1.0"}','{"mlflow.user":"root","mlflow.source.name":"/home/ada/fill_old.py","mlflow.source.type":"LOCAL","mlflow.modelVersions":"[{\"name\": \"churn\", \"version\": \"1\"}]"}','active','2026-11-25 20:51:21.921733','2026-11-25 20:51:50.351249');
CREATE TABLE login_failures (
	name VARCHAR(120) NOT NULL, 
	failures INTEGER NOT NULL, 
	last_at DATETIME NOT NULL, 
	CONSTRAINT pk_login_failures PRIMARY KEY (name)
);
CREATE TABLE login_links (
	hash VARCHAR(64) NOT NULL, 
	account_id VARCHAR(32) NOT NULL, 
	expires_at DATETIME NOT NULL, 
	CONSTRAINT pk_login_links PRIMARY KEY (hash), 
	CONSTRAINT fk_login_links_account_id FOREIGN KEY(account_id) REFERENCES accounts (id) ON DELETE CASCADE
);
INSERT INTO "login_links" VALUES('643fa2c83184490b72f6577abab24566a799c4b45bf2409ccf3b234b1d35aaf1','01a21479bfaf70009028f02c65f4de99','2026-11-25 21:50:55.179254');
CREATE TABLE memberships (
	workspace_id VARCHAR(32) NOT NULL, 
	account_id VARCHAR(32) NOT NULL, 
	role VARCHAR(40) NOT NULL, 
	CONSTRAINT pk_memberships PRIMARY KEY (workspace_id, account_id), 
	CONSTRAINT fk_memberships_account_id FOREIGN KEY(account_id) REFERENCES accounts (id) ON DELETE CASCADE, 
	CONSTRAINT fk_memberships_workspace_id FOREIGN KEY(workspace_id) REFERENCES workspaces (id) ON DELETE CASCADE
);
INSERT INTO "memberships" VALUES('01a21479bfb1700094b3e79e5d8255c2','01a21479bfaf70009028f02c65f4de99','Owner');
CREATE TABLE metric_latest (
	run INTEGER NOT NULL, 
	"key" INTEGER NOT NULL, 
	step BIGINT NOT NULL, 
	ts BIGINT NOT NULL, 
	value DOUBLE NOT NULL, 
	nan SMALLINT NOT NULL, 
	low DOUBLE, 
	low_step BIGINT, 
	high DOUBLE, 
	high_step BIGINT, 
	points BIGINT NOT NULL, 
	CONSTRAINT pk_metric_latest PRIMARY KEY (run, "key"), 
	CONSTRAINT fk_metric_latest_run FOREIGN KEY(run) REFERENCES runs (seq) ON DELETE CASCADE
)
 WITHOUT ROWID

;
INSERT INTO "metric_latest" VALUES(1,7,3,1700000000003,2.5,0,2.5,3,10.0,0,4);
INSERT INTO "metric_latest" VALUES(1,8,0,1795639881072,0.0,1,NULL,NULL,NULL,NULL,1);
INSERT INTO "metric_latest" VALUES(2,7,3,1700000000003,0.25,0,0.25,3,1.0,0,4);
INSERT INTO "metric_latest" VALUES(2,8,0,1795639881587,0.0,1,NULL,NULL,NULL,NULL,1);
INSERT INTO "metric_latest" VALUES(4,9,0,1795639922724,2.0,0,2.0,0,2.0,0,1);
INSERT INTO "metric_latest" VALUES(4,10,0,1795639922724,0.433,0,0.433,0,0.433,0,1);
INSERT INTO "metric_latest" VALUES(4,11,0,1795639922724,0.114,0,0.114,0,0.114,0,1);
CREATE TABLE metrics (
	run INTEGER NOT NULL, 
	"key" INTEGER NOT NULL, 
	step BIGINT NOT NULL, 
	ts BIGINT NOT NULL, 
	value DOUBLE NOT NULL, 
	nan SMALLINT NOT NULL, 
	CONSTRAINT pk_metrics PRIMARY KEY (run, "key", step, ts, value, nan), 
	CONSTRAINT fk_metrics_run FOREIGN KEY(run) REFERENCES runs (seq) ON DELETE CASCADE
)
 WITHOUT ROWID

;
INSERT INTO "metrics" VALUES(1,7,0,1700000000000,10.0,0);
INSERT INTO "metrics" VALUES(1,7,1,1700000000001,5.0,0);
INSERT INTO "metrics" VALUES(1,7,2,1700000000002,3.33333333333333303727e+00,0);
INSERT INTO "metrics" VALUES(1,7,3,1700000000003,2.5,0);
INSERT INTO "metrics" VALUES(1,8,0,1795639881072,0.0,1);
INSERT INTO "metrics" VALUES(2,7,0,1700000000000,1.0,0);
INSERT INTO "metrics" VALUES(2,7,1,1700000000001,0.5,0);
INSERT INTO "metrics" VALUES(2,7,2,1700000000002,3.33333333333333314829e-01,0);
INSERT INTO "metrics" VALUES(2,7,3,1700000000003,0.25,0);
INSERT INTO "metrics" VALUES(2,8,0,1795639881587,0.0,1);
INSERT INTO "metrics" VALUES(4,9,0,1795639922724,2.0,0);
INSERT INTO "metrics" VALUES(4,10,0,1795639922724,0.433,0);
INSERT INTO "metrics" VALUES(4,11,0,1795639922724,0.114,0);
CREATE TABLE model_aliases (
	model VARCHAR(32) NOT NULL, 
	alias VARCHAR(255) NOT NULL, 
	version INTEGER NOT NULL, 
	CONSTRAINT pk_model_aliases PRIMARY KEY (model, alias), 
	CONSTRAINT fk_model_aliases_model FOREIGN KEY(model) REFERENCES models (id) ON DELETE CASCADE
);
INSERT INTO "model_aliases" VALUES('01a2147a9f1f7000ba910ab88ddeadc8','champion',1);
CREATE TABLE model_uses (
	version VARCHAR(32) NOT NULL, 
	used_by VARCHAR(200) NOT NULL, 
	created_at DATETIME NOT NULL, 
	CONSTRAINT pk_model_uses PRIMARY KEY (version, used_by), 
	CONSTRAINT fk_model_uses_version FOREIGN KEY(version) REFERENCES model_versions (id) ON DELETE CASCADE
);
CREATE TABLE model_versions (
	id VARCHAR(32) NOT NULL, 
	workspace_id VARCHAR(32) NOT NULL, 
	model VARCHAR(32) NOT NULL, 
	version INTEGER NOT NULL, 
	origin VARCHAR(1200), 
	description TEXT NOT NULL, 
	tags JSON NOT NULL, 
	stage VARCHAR(20) NOT NULL, 
	run_id VARCHAR(32), 
	run_link TEXT NOT NULL, 
	model_id VARCHAR(34), 
	source TEXT NOT NULL, 
	folder VARCHAR(200), 
	flavors JSON NOT NULL, 
	signature JSON, 
	mlflow_version VARCHAR(40), 
	size BIGINT NOT NULL, 
	files INTEGER NOT NULL, 
	user VARCHAR(120) NOT NULL, 
	created_at DATETIME NOT NULL, 
	updated_at DATETIME NOT NULL, 
	CONSTRAINT pk_model_versions PRIMARY KEY (id), 
	CONSTRAINT fk_model_versions_model FOREIGN KEY(model) REFERENCES models (id) ON DELETE CASCADE, 
	CONSTRAINT uq_model_versions_model_origin UNIQUE (model, origin), 
	CONSTRAINT uq_model_versions_model_version UNIQUE (model, version)
);
INSERT INTO "model_versions" VALUES('01a2147a9f5470008726f48ac2862b72','01a21479bfb1700094b3e79e5d8255c2','01a2147a9f1f7000ba910ab88ddeadc8',1,NULL,'','{}','None','01a2147a2e9f7000888d1926b35ab90f','','m-01a2147a30c170008a482259612144ce','models:/m-01a2147a30c170008a482259612144ce','registry/01a2147a9f5470008726f48ac2862b72','["python_function","sklearn"]',NULL,'3.17.2',10265,5,'owner','2026-11-25 20:51:50.274135','2026-11-25 20:51:50.274135');
CREATE TABLE models (
	id VARCHAR(32) NOT NULL, 
	workspace_id VARCHAR(32) NOT NULL, 
	name VARCHAR(250) NOT NULL, 
	description TEXT NOT NULL, 
	tags JSON NOT NULL, 
	last_version INTEGER NOT NULL, 
	versions INTEGER NOT NULL, 
	created_at DATETIME NOT NULL, 
	updated_at DATETIME NOT NULL, 
	CONSTRAINT pk_models PRIMARY KEY (id), 
	CONSTRAINT uq_models_workspace_id_name UNIQUE (workspace_id, name)
);
INSERT INTO "models" VALUES('01a2147a9f1f7000ba910ab88ddeadc8','01a21479bfb1700094b3e79e5d8255c2','churn','','{}',1,1,'2026-11-25 20:51:50.175024','2026-11-25 20:51:50.227183');
CREATE TABLE params (
	run INTEGER NOT NULL, 
	"key" INTEGER NOT NULL, 
	value TEXT NOT NULL, 
	head VARCHAR(200) NOT NULL, 
	CONSTRAINT pk_params PRIMARY KEY (run, "key"), 
	CONSTRAINT fk_params_run FOREIGN KEY(run) REFERENCES runs (seq) ON DELETE CASCADE
)
 WITHOUT ROWID

;
INSERT INTO "params" VALUES(1,5,'0.1','0.1');
INSERT INTO "params" VALUES(2,5,'1.0','1.0');
INSERT INTO "params" VALUES(3,5,'9','9');
CREATE TABLE run_attempts (
	run_seq INTEGER NOT NULL, 
	number INTEGER NOT NULL, 
	failure VARCHAR(20), 
	exit_code INTEGER, 
	error TEXT, 
	peak_memory_bytes BIGINT, 
	cpu_seconds DOUBLE, 
	left_behind INTEGER, 
	started_at DATETIME, 
	ended_at DATETIME, 
	CONSTRAINT pk_run_attempts PRIMARY KEY (run_seq, number), 
	CONSTRAINT fk_run_attempts_run_seq FOREIGN KEY(run_seq) REFERENCES runs (seq) ON DELETE CASCADE
);
INSERT INTO "run_attempts" VALUES(4,1,NULL,0,NULL,103948288,0.427,0,'2026-11-25 20:52:01.298771','2026-11-25 20:52:03.078335');
INSERT INTO "run_attempts" VALUES(5,1,NULL,0,NULL,9224192,0.005,0,'2026-11-25 20:52:05.853385','2026-11-25 20:52:05.901634');
CREATE TABLE run_documents (
	run_seq INTEGER NOT NULL, 
	name VARCHAR(200) NOT NULL, 
	value JSON NOT NULL, 
	updated_at DATETIME NOT NULL, 
	CONSTRAINT pk_run_documents PRIMARY KEY (run_seq, name), 
	CONSTRAINT fk_run_documents_run_seq FOREIGN KEY(run_seq) REFERENCES runs (seq) ON DELETE CASCADE
);
CREATE TABLE run_inputs (
	run INTEGER NOT NULL, 
	dataset INTEGER NOT NULL, 
	tags JSON NOT NULL, 
	CONSTRAINT pk_run_inputs PRIMARY KEY (run, dataset), 
	CONSTRAINT fk_run_inputs_dataset FOREIGN KEY(dataset) REFERENCES input_datasets (id) ON DELETE CASCADE, 
	CONSTRAINT fk_run_inputs_run FOREIGN KEY(run) REFERENCES runs (seq) ON DELETE CASCADE
);
CREATE TABLE run_models (
	run INTEGER NOT NULL, 
	model_id VARCHAR(34) NOT NULL, 
	direction VARCHAR(6) NOT NULL, 
	step BIGINT NOT NULL, 
	CONSTRAINT pk_run_models PRIMARY KEY (run, model_id, direction), 
	CONSTRAINT fk_run_models_model_id FOREIGN KEY(model_id) REFERENCES logged_models (id) ON DELETE CASCADE, 
	CONSTRAINT fk_run_models_run FOREIGN KEY(run) REFERENCES runs (seq) ON DELETE CASCADE
);
INSERT INTO "run_models" VALUES(2,'m-01a2147a30c170008a482259612144ce','output',0);
CREATE TABLE run_tags (
	run INTEGER NOT NULL, 
	"key" INTEGER NOT NULL, 
	value TEXT NOT NULL, 
	head VARCHAR(200) NOT NULL, 
	CONSTRAINT pk_run_tags PRIMARY KEY (run, "key"), 
	CONSTRAINT fk_run_tags_run FOREIGN KEY(run) REFERENCES runs (seq) ON DELETE CASCADE
)
 WITHOUT ROWID

;
INSERT INTO "run_tags" VALUES(1,1,'c0.1','c0.1');
INSERT INTO "run_tags" VALUES(1,2,'/home/ada/fill_old.py','/home/ada/fill_old.py');
INSERT INTO "run_tags" VALUES(1,3,'LOCAL','LOCAL');
INSERT INTO "run_tags" VALUES(1,4,'root','root');
INSERT INTO "run_tags" VALUES(1,6,'health','health');
INSERT INTO "run_tags" VALUES(2,1,'c1.0','c1.0');
INSERT INTO "run_tags" VALUES(2,2,'/home/ada/fill_old.py','/home/ada/fill_old.py');
INSERT INTO "run_tags" VALUES(2,3,'LOCAL','LOCAL');
INSERT INTO "run_tags" VALUES(2,4,'root','root');
INSERT INTO "run_tags" VALUES(2,6,'health','health');
INSERT INTO "run_tags" VALUES(3,1,'gone','gone');
INSERT INTO "run_tags" VALUES(3,2,'/home/ada/fill_old.py','/home/ada/fill_old.py');
INSERT INTO "run_tags" VALUES(3,3,'LOCAL','LOCAL');
INSERT INTO "run_tags" VALUES(3,4,'root','root');
INSERT INTO "run_tags" VALUES(4,1,'profile of small:1','profile of small:1');
INSERT INTO "run_tags" VALUES(5,1,'job','job');
CREATE TABLE runs (
	seq INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	id VARCHAR(32) NOT NULL, 
	workspace_id VARCHAR(32) NOT NULL, 
	experiment INTEGER NOT NULL, 
	parent_id VARCHAR(32), 
	name VARCHAR(500) NOT NULL, 
	kind VARCHAR(40) NOT NULL, 
	lifecycle VARCHAR(10) NOT NULL, 
	state VARCHAR(16) NOT NULL, 
	desired VARCHAR(16) NOT NULL, 
	failure VARCHAR(20), 
	exit_code INTEGER, 
	error TEXT, 
	user VARCHAR(120) NOT NULL, 
	created_at DATETIME NOT NULL, 
	started_at DATETIME, 
	ended_at DATETIME, 
	compute VARCHAR(120), 
	priority INTEGER NOT NULL, 
	spec JSON, 
	attempt INTEGER NOT NULL, 
	version INTEGER NOT NULL, 
	lease_token VARCHAR(32), 
	lease_until DATETIME, 
	journal_offset BIGINT NOT NULL, 
	progress JSON, 
	consumed BOOLEAN NOT NULL, 
	CONSTRAINT fk_runs_experiment FOREIGN KEY(experiment) REFERENCES experiments (number), 
	CONSTRAINT uq_runs_id UNIQUE (id)
);
INSERT INTO "runs" VALUES(1,'01a2147a2c597000bc0b142e0b3bc082','01a21479bfb1700094b3e79e5d8255c2',1,NULL,'c0.1','run','active','Completed','completed',NULL,NULL,NULL,'root','2026-11-25 20:51:20.795335','2026-11-25 20:51:20.782000','2026-11-25 20:51:21.240000',NULL,0,NULL,0,0,NULL,NULL,0,NULL,0);
INSERT INTO "runs" VALUES(2,'01a2147a2e9f7000888d1926b35ab90f','01a21479bfb1700094b3e79e5d8255c2',1,NULL,'c1.0','run','active','Completed','completed',NULL,NULL,NULL,'root','2026-11-25 20:51:21.375922','2026-11-25 20:51:21.362000','2026-11-25 20:51:50.387000',NULL,0,NULL,0,0,NULL,NULL,0,NULL,0);
INSERT INTO "runs" VALUES(3,'01a2147aa0bb7000b9bed1e32ce6a90c','01a21479bfb1700094b3e79e5d8255c2',1,NULL,'gone','run','deleted','Completed','completed',NULL,NULL,NULL,'root','2026-11-25 20:51:50.588565','2026-11-25 20:51:50.460000','2026-11-25 20:51:50.643000',NULL,0,NULL,0,0,NULL,NULL,0,NULL,0);
INSERT INTO "runs" VALUES(4,'01a2147ac8a57000946f2c2c3e16bc8b','01a21479bfb1700094b3e79e5d8255c2',2,NULL,'profile of small:1','profile','active','Completed','completed',NULL,0,NULL,'owner','2026-11-25 20:52:00.819078','2026-11-25 20:52:01.298771','2026-11-25 20:52:03.078335','local',0,'{"experiment":"Profiles","name":"profile of small:1","kind":"profile","command":["/home/ada/.venv/bin/python","-m","studiolo.studio.datasets.jobs"],"code":[],"env":{},"inputs":{"data":[{"path":"table.csv","digest":"cfa0d30875783cec8502a2900134f1e79e803d323aff2d27670ee9a4444a4129"},{"path":"schema.json","digest":"1c5bfd22eb671c6c57bde1236e7b0ccb4bae8970fa6d4aa541d2da57ce46cd3f"}]},"compute":"local","resources":{"cores":1,"memory_bytes":0},"timeout_s":null,"priority":0,"retries":{},"params":{},"tags":{},"parent_id":null,"context":{"dataset":"small","version":1}}',1,5,NULL,NULL,568,'{"done":1.0,"total":1.0,"label":"Done"}',1);
INSERT INTO "runs" VALUES(5,'01a2147adb297000af99824c04575779','01a21479bfb1700094b3e79e5d8255c2',3,NULL,'job','command','active','Completed','completed',NULL,0,NULL,'owner','2026-11-25 20:52:05.546059','2026-11-25 20:52:05.853385','2026-11-25 20:52:05.901634','local',0,'{"experiment":"jobs","name":"job","kind":"command","command":["echo hello"],"code":[],"env":{},"inputs":{},"compute":"local","resources":{"cores":1,"memory_bytes":0},"timeout_s":null,"priority":0,"retries":{},"params":{},"tags":{},"parent_id":null,"context":{"inputs":{},"outputs":{}}}',1,5,NULL,NULL,0,NULL,0);
CREATE TABLE sessions (
	hash VARCHAR(64) NOT NULL, 
	account_id VARCHAR(32) NOT NULL, 
	created_at DATETIME NOT NULL, 
	expires_at DATETIME NOT NULL, 
	CONSTRAINT pk_sessions PRIMARY KEY (hash), 
	CONSTRAINT fk_sessions_account_id FOREIGN KEY(account_id) REFERENCES accounts (id) ON DELETE CASCADE
);
CREATE TABLE tokens (
	id VARCHAR(32) NOT NULL, 
	hash VARCHAR(64) NOT NULL, 
	name VARCHAR(120) NOT NULL, 
	account_id VARCHAR(32) NOT NULL, 
	workspace_id VARCHAR(32), 
	scopes JSON, 
	run_id VARCHAR(32), 
	created_at DATETIME NOT NULL, 
	expires_at DATETIME, 
	revoked_at DATETIME, 
	CONSTRAINT pk_tokens PRIMARY KEY (id), 
	CONSTRAINT fk_tokens_account_id FOREIGN KEY(account_id) REFERENCES accounts (id) ON DELETE CASCADE, 
	CONSTRAINT fk_tokens_workspace_id FOREIGN KEY(workspace_id) REFERENCES workspaces (id) ON DELETE CASCADE, 
	CONSTRAINT uq_tokens_hash UNIQUE (hash)
);
INSERT INTO "tokens" VALUES('01a21479bfc77000b558c3f474219b1b','b0f28d5a63c863caa4604838535f5c414484007d531b5a20e5e9e068788b67dc','this machine','01a21479bfaf70009028f02c65f4de99',NULL,NULL,NULL,'2026-11-25 20:50:52.999160',NULL,NULL);
INSERT INTO "tokens" VALUES('01a2147ac9aa70008ccffdc89aeb80ca','50e49a50c096d1328178ef1e67d8c0a096e02181405b92df95e66da5cb522e5b','run 01a2147a','01a21479bfaf70009028f02c65f4de99','01a21479bfb1700094b3e79e5d8255c2','["*.read","datasets.write","experiments.write","models.write"]','01a2147ac8a57000946f2c2c3e16bc8b','2026-11-25 20:52:01.066127','2026-12-02 20:52:01.066127','2026-11-25 20:52:03.532574');
INSERT INTO "tokens" VALUES('01a2147adb9c7000b362e3f7238d81fa','c8289071c03cb2d6f269d1e6bd85fbe8e1e58224b71ace9268ec9a25cb66bcbe','run 01a2147a','01a21479bfaf70009028f02c65f4de99','01a21479bfb1700094b3e79e5d8255c2','["*.read","datasets.write","experiments.write","models.write"]','01a2147adb297000af99824c04575779','2026-11-25 20:52:05.660429','2026-12-02 20:52:05.660429','2026-11-25 20:52:06.037026');
CREATE TABLE tracking_keys (
	id INTEGER NOT NULL, 
	name VARCHAR(250) NOT NULL, 
	CONSTRAINT pk_tracking_keys PRIMARY KEY (id), 
	CONSTRAINT uq_tracking_keys_name UNIQUE (name)
);
INSERT INTO "tracking_keys" VALUES(1,'mlflow.runName');
INSERT INTO "tracking_keys" VALUES(2,'mlflow.source.name');
INSERT INTO "tracking_keys" VALUES(3,'mlflow.source.type');
INSERT INTO "tracking_keys" VALUES(4,'mlflow.user');
INSERT INTO "tracking_keys" VALUES(5,'C');
INSERT INTO "tracking_keys" VALUES(6,'team');
INSERT INTO "tracking_keys" VALUES(7,'loss');
INSERT INTO "tracking_keys" VALUES(8,'odd');
INSERT INTO "tracking_keys" VALUES(9,'rows');
INSERT INTO "tracking_keys" VALUES(10,'profile_seconds');
INSERT INTO "tracking_keys" VALUES(11,'profile_cpu_seconds');
CREATE TABLE workspaces (
	id VARCHAR(32) NOT NULL, 
	name VARCHAR(64) NOT NULL, 
	created_at DATETIME NOT NULL, 
	CONSTRAINT pk_workspaces PRIMARY KEY (id), 
	CONSTRAINT uq_workspaces_name UNIQUE (name)
);
INSERT INTO "workspaces" VALUES('01a21479bfb1700094b3e79e5d8255c2','default','2026-11-25 20:50:52.977115');
CREATE INDEX ix_artifacts_digest ON artifacts (digest);
CREATE INDEX ix_compute_holdings_compute ON compute_holdings (compute);
CREATE INDEX ix_datasets_updated ON datasets (workspace_id, updated_at, id);
CREATE INDEX ix_events_at ON events (at);
CREATE INDEX ix_lineage_target ON lineage (workspace_id, target);
CREATE INDEX ix_login_failures_last_at ON login_failures (last_at);
CREATE INDEX ix_dataset_versions_digest ON dataset_versions (workspace_id, name, digest);
CREATE INDEX ix_dataset_versions_profile_run ON dataset_versions (profile_run);
CREATE INDEX ix_endpoint_deployments_open ON endpoint_deployments (workspace_id, state);
CREATE UNIQUE INDEX uq_input_datasets_named ON input_datasets (experiment, name, digest);
CREATE INDEX ix_logged_models_list ON logged_models (experiment, lifecycle, created_at);
CREATE INDEX ix_logged_models_run ON logged_models (source_run_id);
CREATE INDEX ix_login_links_expires_at ON login_links (expires_at);
CREATE INDEX ix_model_versions_list ON model_versions (workspace_id, created_at);
CREATE INDEX ix_model_versions_run_id ON model_versions (run_id);
CREATE INDEX ix_runs_experiment ON runs (experiment, lifecycle, seq);
CREATE INDEX ix_runs_kind ON runs (workspace_id, kind, consumed, seq);
CREATE INDEX ix_runs_list ON runs (workspace_id, seq);
CREATE INDEX ix_runs_live ON runs (state, priority DESC, seq) WHERE state IN ('NotStarted', 'Queued', 'Provisioning', 'Preparing', 'Starting', 'Running', 'Finalizing');
CREATE INDEX ix_runs_start ON runs (experiment, lifecycle, coalesce(started_at, created_at) DESC, id);
CREATE INDEX ix_runs_parent ON runs (parent_id, seq);
CREATE INDEX ix_sessions_account_id ON sessions (account_id);
CREATE INDEX ix_sessions_expires_at ON sessions (expires_at);
CREATE INDEX ix_tokens_account_id ON tokens (account_id);
CREATE INDEX ix_tokens_expires_at ON tokens (expires_at);
CREATE INDEX ix_tokens_run_id ON tokens (run_id);
CREATE INDEX ix_metric_latest_value ON metric_latest ("key", value, run);
CREATE INDEX ix_params_value ON params ("key", head, run);
CREATE INDEX ix_run_tags_value ON run_tags ("key", head, run);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('experiments',3);
INSERT INTO "sqlite_sequence" VALUES('events',31);
INSERT INTO "sqlite_sequence" VALUES('runs',5);
COMMIT;
