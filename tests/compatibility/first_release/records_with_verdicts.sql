BEGIN TRANSACTION;
CREATE TABLE account_venues (
	account INTEGER NOT NULL, 
	venue TEXT NOT NULL, 
	CONSTRAINT pk_account_venues PRIMARY KEY (account, venue), 
	CONSTRAINT fk_account_venues_account FOREIGN KEY(account) REFERENCES accounts (id) ON DELETE CASCADE
);
CREATE TABLE accounts (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	name TEXT NOT NULL, 
	name_key TEXT NOT NULL, 
	role TEXT NOT NULL, 
	is_enabled BOOLEAN NOT NULL, 
	must_change BOOLEAN NOT NULL, 
	password_hash TEXT NOT NULL, 
	created_ms BIGINT NOT NULL, 
	last_login_ms BIGINT NOT NULL, 
	CONSTRAINT uq_accounts_name_key UNIQUE (name_key)
);
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0011');
CREATE TABLE alert_history (
	id INTEGER NOT NULL, 
	number INTEGER NOT NULL, 
	at_ms BIGINT NOT NULL, 
	what TEXT NOT NULL, 
	who TEXT NOT NULL, 
	text TEXT NOT NULL, 
	facts TEXT NOT NULL, 
	CONSTRAINT pk_alert_history PRIMARY KEY (id), 
	CONSTRAINT fk_alert_history_number_alerts FOREIGN KEY(number) REFERENCES alerts (number)
);
CREATE TABLE alerts (
	number INTEGER NOT NULL, 
	kind TEXT NOT NULL, 
	venue TEXT NOT NULL, 
	subject TEXT NOT NULL, 
	severity TEXT NOT NULL, 
	audience TEXT NOT NULL, 
	since_ms BIGINT NOT NULL, 
	until_ms BIGINT, 
	zh TEXT NOT NULL, 
	en TEXT NOT NULL, 
	certainty TEXT NOT NULL, 
	link TEXT NOT NULL, 
	raised_ms BIGINT NOT NULL, 
	is_late BOOLEAN NOT NULL, 
	cleared_ms BIGINT, 
	cleared_by TEXT NOT NULL, 
	reason TEXT NOT NULL, 
	acknowledged_ms BIGINT, 
	acknowledged_by TEXT NOT NULL, 
	assigned_to TEXT NOT NULL, 
	level INTEGER NOT NULL, 
	times INTEGER NOT NULL, 
	calling_ms BIGINT NOT NULL, 
	is_open BOOLEAN NOT NULL, 
	scopes TEXT NOT NULL, 
	CONSTRAINT pk_alerts PRIMARY KEY (number)
);
CREATE TABLE audit (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	at_ms BIGINT NOT NULL, 
	who TEXT NOT NULL, 
	via TEXT NOT NULL, 
	action TEXT NOT NULL, 
	subject TEXT NOT NULL, 
	"before" TEXT, 
	"after" TEXT
);
CREATE TABLE cards (
	number TEXT NOT NULL, 
	patron INTEGER NOT NULL, 
	state TEXT NOT NULL, 
	CONSTRAINT pk_cards PRIMARY KEY (number), 
	CONSTRAINT fk_cards_patron_patrons FOREIGN KEY(patron) REFERENCES patrons (id) ON DELETE CASCADE
);
CREATE TABLE declarations (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	venue TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	terms TEXT NOT NULL, 
	reason TEXT NOT NULL, 
	document TEXT NOT NULL, 
	who TEXT NOT NULL, 
	made_ms BIGINT NOT NULL, 
	published_ms BIGINT NOT NULL, 
	withdrawn_ms BIGINT, 
	withdrawn_by TEXT, 
	withdrawn_why TEXT
);
INSERT INTO "declarations" VALUES(1,'book-room-zhouqiao','district','{"effective_from": null, "hours": {"mon": "00:00-24:00", "tue": "00:00-24:00", "wed": "00:00-24:00", "thu": "00:00-24:00", "fri": "00:00-24:00", "sat": "00:00-24:00", "sun": "00:00-24:00"}}','','','',1796016821726,1796016821726,NULL,NULL,NULL);
CREATE TABLE deliveries (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	event TEXT NOT NULL, 
	alert TEXT NOT NULL, 
	channel TEXT NOT NULL, 
	language TEXT NOT NULL, 
	step TEXT NOT NULL, 
	severity TEXT NOT NULL, 
	told TEXT NOT NULL, 
	state TEXT NOT NULL, 
	made_ms BIGINT NOT NULL, 
	due_ms BIGINT NOT NULL, 
	next_ms BIGINT NOT NULL, 
	attempts INTEGER NOT NULL, 
	tried_ms BIGINT NOT NULL, 
	failed_ms BIGINT NOT NULL, 
	error TEXT NOT NULL, 
	sent_ms BIGINT, 
	message INTEGER, 
	reason TEXT NOT NULL, 
	CONSTRAINT uq_deliveries_event_channel UNIQUE (event, channel)
);
CREATE TABLE devices (
	venue TEXT NOT NULL, 
	node TEXT NOT NULL, 
	online BOOLEAN, 
	first_seen_ms BIGINT NOT NULL, 
	last_seen_ms BIGINT NOT NULL, 
	status_at_ms BIGINT NOT NULL, 
	software TEXT NOT NULL, 
	status TEXT NOT NULL, 
	CONSTRAINT pk_devices PRIMARY KEY (venue, node)
);
INSERT INTO "devices" VALUES('book-room-zhouqiao','door-pi',1,1796016457534,1796016457534,1796016457534,'first','{"boot":"fafca2716480afe5","online":true,"at_ms":1796016457533,"software":"first","os_boot":"0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b","clock":{"state":"set"},"spool":{"stream":"88df75967201a7d0","pending":550,"bytes":106496},"sources":[{"name":"camera-front","kind":"camera","state":"watching","since_ms":1794153000000}]}');
CREATE TABLE fees (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	patron INTEGER NOT NULL, 
	kind TEXT NOT NULL, 
	amount_fen INTEGER NOT NULL, 
	paid_fen INTEGER NOT NULL, 
	loan INTEGER, 
	title TEXT NOT NULL, 
	made_ms BIGINT NOT NULL, 
	CONSTRAINT fk_fees_patron_patrons FOREIGN KEY(patron) REFERENCES patrons (id) ON DELETE CASCADE, 
	CONSTRAINT fk_fees_loan_loans FOREIGN KEY(loan) REFERENCES loans (id) ON DELETE SET NULL
);
CREATE TABLE head_counts (
	id INTEGER NOT NULL, 
	venue TEXT NOT NULL, 
	zone TEXT NOT NULL, 
	at_ms BIGINT NOT NULL, 
	occupancy INTEGER NOT NULL, 
	reason TEXT NOT NULL, 
	who TEXT NOT NULL, 
	made_ms BIGINT NOT NULL, 
	withdrawn_ms BIGINT, 
	withdrawn_by TEXT, 
	CONSTRAINT pk_head_counts PRIMARY KEY (id), 
	CONSTRAINT fk_head_counts_venue_venues FOREIGN KEY(venue) REFERENCES venues (id) ON DELETE CASCADE
);
CREATE TABLE hidden_wishes (
	event TEXT NOT NULL, 
	venue TEXT NOT NULL, 
	reason TEXT NOT NULL, 
	who TEXT NOT NULL, 
	hidden_ms BIGINT NOT NULL, 
	CONSTRAINT pk_hidden_wishes PRIMARY KEY (event)
);
CREATE TABLE holds (
	id INTEGER NOT NULL, 
	work INTEGER NOT NULL, 
	item INTEGER, 
	patron INTEGER NOT NULL, 
	pickup TEXT NOT NULL, 
	placed_ms BIGINT NOT NULL, 
	state TEXT NOT NULL, 
	copy INTEGER, 
	expires_ms BIGINT, 
	CONSTRAINT pk_holds PRIMARY KEY (id), 
	CONSTRAINT fk_holds_work_works FOREIGN KEY(work) REFERENCES works (id), 
	CONSTRAINT fk_holds_item_items FOREIGN KEY(item) REFERENCES items (id), 
	CONSTRAINT fk_holds_copy_items FOREIGN KEY(copy) REFERENCES items (id), 
	CONSTRAINT fk_holds_patron_patrons FOREIGN KEY(patron) REFERENCES patrons (id) ON DELETE CASCADE
);
CREATE TABLE items (
	id INTEGER NOT NULL, 
	barcode TEXT NOT NULL, 
	work INTEGER NOT NULL, 
	owner TEXT NOT NULL, 
	home_branch TEXT NOT NULL, 
	branch TEXT NOT NULL, 
	media TEXT NOT NULL, 
	category TEXT NOT NULL, 
	call_number TEXT NOT NULL, 
	security TEXT NOT NULL, 
	is_loanable BOOLEAN NOT NULL, 
	state TEXT NOT NULL, 
	destination TEXT NOT NULL, 
	properties TEXT NOT NULL, 
	CONSTRAINT pk_items PRIMARY KEY (id), 
	CONSTRAINT fk_items_work_works FOREIGN KEY(work) REFERENCES works (id), 
	CONSTRAINT uq_items_barcode UNIQUE (barcode)
);
CREATE TABLE lines (
	venue TEXT NOT NULL, 
	node TEXT NOT NULL, 
	line TEXT NOT NULL, 
	position INTEGER NOT NULL, 
	from_zone TEXT NOT NULL, 
	to_zone TEXT NOT NULL, 
	CONSTRAINT pk_lines PRIMARY KEY (venue, node, line), 
	CONSTRAINT fk_lines_venue FOREIGN KEY(venue) REFERENCES venues (id) ON DELETE CASCADE
);
INSERT INTO "lines" VALUES('book-room-zhouqiao','door-pi','front',0,'outside','room');
INSERT INTO "lines" VALUES('book-room-zhouqiao','door-pi','side',1,'outside','room');
CREATE TABLE loans (
	id INTEGER NOT NULL, 
	item INTEGER NOT NULL, 
	patron INTEGER, 
	out_ms BIGINT NOT NULL, 
	due_ms BIGINT NOT NULL, 
	renewals INTEGER NOT NULL, 
	out_branch TEXT NOT NULL, 
	out_terminal TEXT NOT NULL, 
	"transaction" TEXT NOT NULL, 
	back_ms BIGINT, 
	back_terminal TEXT NOT NULL, 
	CONSTRAINT pk_loans PRIMARY KEY (id), 
	CONSTRAINT fk_loans_item_items FOREIGN KEY(item) REFERENCES items (id), 
	CONSTRAINT fk_loans_patron_patrons FOREIGN KEY(patron) REFERENCES patrons (id) ON DELETE SET NULL
);
CREATE TABLE login_failures (
	"key" TEXT NOT NULL, 
	count INTEGER NOT NULL, 
	last_ms BIGINT NOT NULL, 
	CONSTRAINT pk_login_failures PRIMARY KEY ("key")
);
CREATE TABLE node_certificates (
	serial TEXT NOT NULL, 
	venue TEXT NOT NULL, 
	node TEXT NOT NULL, 
	issued_ms BIGINT NOT NULL, 
	expires_ms BIGINT NOT NULL, 
	revoked_ms BIGINT, 
	reason TEXT NOT NULL, 
	pem TEXT NOT NULL, 
	CONSTRAINT pk_node_certificates PRIMARY KEY (serial)
);
CREATE TABLE node_codes (
	id TEXT NOT NULL, 
	venue TEXT NOT NULL, 
	node TEXT NOT NULL, 
	is_kiosk BOOLEAN NOT NULL, 
	"key" TEXT NOT NULL, 
	made_by TEXT NOT NULL, 
	made_ms BIGINT NOT NULL, 
	expires_ms BIGINT NOT NULL, 
	used_for TEXT, 
	serial TEXT, 
	CONSTRAINT pk_node_codes PRIMARY KEY (id)
);
CREATE TABLE node_identities (
	venue TEXT NOT NULL, 
	node TEXT NOT NULL, 
	is_kiosk BOOLEAN NOT NULL, 
	joined_ms BIGINT NOT NULL, 
	revoked_ms BIGINT, 
	reason TEXT NOT NULL, 
	CONSTRAINT pk_node_identities PRIMARY KEY (venue, node)
);
CREATE TABLE overrides (
	id INTEGER NOT NULL, 
	venue TEXT NOT NULL, 
	start_ms BIGINT NOT NULL, 
	end_ms BIGINT NOT NULL, 
	is_open BOOLEAN NOT NULL, 
	why TEXT NOT NULL, 
	document TEXT NOT NULL, 
	who TEXT NOT NULL, 
	made_ms BIGINT NOT NULL, 
	withdrawn_ms BIGINT, 
	withdrawn_by TEXT, 
	CONSTRAINT pk_overrides PRIMARY KEY (id), 
	CONSTRAINT fk_overrides_venue_venues FOREIGN KEY(venue) REFERENCES venues (id) ON DELETE CASCADE
);
CREATE TABLE packs (
	pack TEXT NOT NULL, 
	version INTEGER NOT NULL, 
	sha256 TEXT NOT NULL, 
	bytes BIGINT NOT NULL, 
	title_zh TEXT NOT NULL, 
	title_en TEXT NOT NULL, 
	targets INTEGER NOT NULL, 
	venues TEXT, 
	who TEXT NOT NULL, 
	added_ms BIGINT NOT NULL, 
	CONSTRAINT pk_packs PRIMARY KEY (pack)
);
CREATE TABLE patrons (
	id INTEGER NOT NULL, 
	name TEXT NOT NULL, 
	pin_hash TEXT, 
	category TEXT NOT NULL, 
	address TEXT NOT NULL, 
	email TEXT NOT NULL, 
	phone TEXT NOT NULL, 
	born_on TEXT NOT NULL, 
	has_internet BOOLEAN NOT NULL, 
	home_branch TEXT NOT NULL, 
	blocks TEXT NOT NULL, 
	terminal_block TEXT NOT NULL, 
	expires_on TEXT NOT NULL, 
	CONSTRAINT pk_patrons PRIMARY KEY (id)
);
CREATE TABLE payments (
	id INTEGER NOT NULL, 
	patron INTEGER NOT NULL, 
	amount_fen INTEGER NOT NULL, 
	fee TEXT NOT NULL, 
	means TEXT NOT NULL, 
	"transaction" TEXT, 
	terminal TEXT NOT NULL, 
	paid_ms BIGINT NOT NULL, 
	CONSTRAINT pk_payments PRIMARY KEY (id), 
	CONSTRAINT fk_payments_patron_patrons FOREIGN KEY(patron) REFERENCES patrons (id) ON DELETE CASCADE, 
	CONSTRAINT uq_payments_transaction UNIQUE ("transaction")
);
CREATE TABLE sensors (
	venue TEXT NOT NULL, 
	node TEXT NOT NULL, 
	sensor TEXT NOT NULL, 
	position INTEGER NOT NULL, 
	kind TEXT NOT NULL, 
	CONSTRAINT pk_sensors PRIMARY KEY (venue, node, sensor), 
	CONSTRAINT fk_sensors_venue FOREIGN KEY(venue) REFERENCES venues (id) ON DELETE CASCADE
);
INSERT INTO "sensors" VALUES('book-room-zhouqiao','door-pi','lock',0,'lock');
INSERT INTO "sensors" VALUES('book-room-zhouqiao','door-pi','climate',1,'climate');
CREATE TABLE sessions (
	"key" TEXT NOT NULL, 
	account INTEGER NOT NULL, 
	created_ms BIGINT NOT NULL, 
	used_ms BIGINT NOT NULL, 
	address TEXT NOT NULL, 
	agent TEXT NOT NULL, 
	CONSTRAINT pk_sessions PRIMARY KEY ("key"), 
	CONSTRAINT fk_sessions_account FOREIGN KEY(account) REFERENCES accounts (id) ON DELETE CASCADE
);
CREATE TABLE store_metadata (
	"key" TEXT NOT NULL, 
	value TEXT NOT NULL, 
	CONSTRAINT pk_store_metadata PRIMARY KEY ("key")
);
INSERT INTO "store_metadata" VALUES('venues_revision','1');
INSERT INTO "store_metadata" VALUES('series_store_id','b4af428afbcaeeb5');
INSERT INTO "store_metadata" VALUES('schedules_revision','1');
CREATE TABLE terminal_answers (
	terminal TEXT NOT NULL, 
	sequence INTEGER NOT NULL, 
	checksum TEXT NOT NULL, 
	subject TEXT NOT NULL, 
	answer BLOB NOT NULL, 
	at_ms BIGINT NOT NULL, 
	CONSTRAINT pk_terminal_answers PRIMARY KEY (terminal, sequence), 
	CONSTRAINT fk_terminal_answers_terminal_terminals FOREIGN KEY(terminal) REFERENCES terminals (name) ON DELETE CASCADE
);
CREATE TABLE terminals (
	name TEXT NOT NULL, 
	password_hash TEXT NOT NULL, 
	branch TEXT NOT NULL, 
	encoding TEXT NOT NULL, 
	language TEXT NOT NULL, 
	created_ms BIGINT NOT NULL, 
	revoked_ms BIGINT, 
	CONSTRAINT pk_terminals PRIMARY KEY (name)
);
CREATE TABLE tokens (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	account INTEGER NOT NULL, 
	label TEXT NOT NULL, 
	"key" TEXT NOT NULL, 
	scope TEXT NOT NULL, 
	venues TEXT, 
	created_ms BIGINT NOT NULL, 
	expires_ms BIGINT NOT NULL, 
	used_ms BIGINT NOT NULL, 
	CONSTRAINT uq_tokens_key UNIQUE ("key"), 
	CONSTRAINT fk_tokens_account FOREIGN KEY(account) REFERENCES accounts (id) ON DELETE CASCADE
);
CREATE TABLE venues (
	id TEXT NOT NULL, 
	name_zh TEXT NOT NULL, 
	name_en TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	level TEXT NOT NULL, 
	capacity INTEGER, 
	timezone TEXT NOT NULL, 
	hours TEXT NOT NULL, 
	quiet_at INTEGER NOT NULL, 
	latitude FLOAT, 
	longitude FLOAT, 
	CONSTRAINT pk_venues PRIMARY KEY (id)
);
INSERT INTO "venues" VALUES('book-room-zhouqiao','我嘉书房·州桥','Book Room Zhouqiao','book_room','space',40,'Asia/Shanghai','[[[0, 1440]], [[0, 1440]], [[0, 1440]], [[0, 1440]], [[0, 1440]], [[0, 1440]], [[0, 1440]]]',240,31.3858,121.2496);
CREATE TABLE verdict_bases (
	venue TEXT NOT NULL, 
	basis TEXT NOT NULL, 
	CONSTRAINT pk_verdict_bases PRIMARY KEY (venue)
);
INSERT INTO "verdict_bases" VALUES('book-room-zhouqiao','77702cbc0d1f5bfbf499d62d83ad6dc0');
CREATE TABLE verdicts (
	venue TEXT NOT NULL, 
	rule TEXT NOT NULL, 
	period TEXT NOT NULL, 
	version INTEGER NOT NULL, 
	first_day TEXT NOT NULL, 
	last_day TEXT NOT NULL, 
	status TEXT NOT NULL, 
	forecast TEXT NOT NULL, 
	is_final BOOLEAN NOT NULL, 
	digest TEXT NOT NULL, 
	computed_ms BIGINT NOT NULL, 
	is_newest BOOLEAN NOT NULL, 
	facts TEXT NOT NULL, 
	CONSTRAINT pk_verdicts PRIMARY KEY (venue, rule, period, version)
);
INSERT INTO "verdicts" VALUES('book-room-zhouqiao','published_hours_kept','2026-W49',1,'2026-11-30','2026-12-06','insufficient','reachable',0,'5b7eea321cbf0d9a6657a79c76d9ad9f',1796016822000,1,'{"metric": "published_hours_kept_ratio", "op": ">=", "declared_s": 604800, "open_s": 0, "closed_s": 0, "unknown_s": 604800, "known_s": 0, "due_s": 48822, "grade": "none", "calendar": "official", "because": "", "threshold": "1", "schedules": ["district"], "raw": ["insufficient", "0", "1"], "adjusted": ["insufficient", "0", "1"], "tolerance": ["insufficient", "0", "1"], "declared_raw": ["compliant", "1", "1"], "declared_adjusted": ["compliant", "1", "1"]}');
INSERT INTO "verdicts" VALUES('book-room-zhouqiao','published_hours_kept','2026-W45',1,'2026-11-02','2026-11-08','insufficient','over',1,'89c9b0ea8908f952825ffa17dcd4e079',1796016822000,1,'{"metric": "published_hours_kept_ratio", "op": ">=", "declared_s": 604800, "open_s": 600, "closed_s": 0, "unknown_s": 604200, "known_s": 600, "due_s": 604800, "grade": "B", "calendar": "official", "because": "", "threshold": "1", "schedules": ["district"], "raw": ["insufficient", "1/1008", "1"], "adjusted": ["insufficient", "1/1008", "1"], "tolerance": ["insufficient", "1/1008", "1"], "declared_raw": ["compliant", "1", "1"], "declared_adjusted": ["compliant", "1", "1"]}');
INSERT INTO "verdicts" VALUES('book-room-zhouqiao','published_hours_kept','2026-W46',1,'2026-11-09','2026-11-15','non_compliant','over',1,'7e1ae098a36583734b686719f281b525',1796016822000,1,'{"metric": "published_hours_kept_ratio", "op": ">=", "declared_s": 604800, "open_s": 576000, "closed_s": 28800, "unknown_s": 0, "known_s": 604800, "due_s": 604800, "grade": "A", "calendar": "official", "because": "", "threshold": "1", "schedules": ["district"], "raw": ["non_compliant", "20/21", "20/21"], "adjusted": ["non_compliant", "20/21", "20/21"], "tolerance": ["non_compliant", "20/21", "20/21"], "declared_raw": ["compliant", "1", "1"], "declared_adjusted": ["compliant", "1", "1"]}');
INSERT INTO "verdicts" VALUES('book-room-zhouqiao','published_hours_kept','2026-W47',1,'2026-11-16','2026-11-22','insufficient','over',1,'f2ab6d5bdb0fce44a9fb816b4c2d1237',1796016822000,1,'{"metric": "published_hours_kept_ratio", "op": ">=", "declared_s": 604800, "open_s": 0, "closed_s": 0, "unknown_s": 604800, "known_s": 0, "due_s": 604800, "grade": "none", "calendar": "official", "because": "", "threshold": "1", "schedules": ["district"], "raw": ["insufficient", "0", "1"], "adjusted": ["insufficient", "0", "1"], "tolerance": ["insufficient", "0", "1"], "declared_raw": ["compliant", "1", "1"], "declared_adjusted": ["compliant", "1", "1"]}');
INSERT INTO "verdicts" VALUES('book-room-zhouqiao','published_hours_kept','2026-W48',1,'2026-11-23','2026-11-29','insufficient','over',1,'c0574d24cd1b299dc3f5e6de21d217ff',1796016822000,1,'{"metric": "published_hours_kept_ratio", "op": ">=", "declared_s": 604800, "open_s": 0, "closed_s": 0, "unknown_s": 604800, "known_s": 0, "due_s": 604800, "grade": "none", "calendar": "official", "because": "", "threshold": "1", "schedules": ["district"], "raw": ["insufficient", "0", "1"], "adjusted": ["insufficient", "0", "1"], "tolerance": ["insufficient", "0", "1"], "declared_raw": ["compliant", "1", "1"], "declared_adjusted": ["compliant", "1", "1"]}');
CREATE TABLE works (
	id INTEGER NOT NULL, 
	title TEXT NOT NULL, 
	author TEXT NOT NULL, 
	CONSTRAINT pk_works PRIMARY KEY (id)
);
CREATE TABLE zones (
	venue TEXT NOT NULL, 
	id TEXT NOT NULL, 
	position INTEGER NOT NULL, 
	name_zh TEXT NOT NULL, 
	name_en TEXT NOT NULL, 
	capacity INTEGER, 
	CONSTRAINT pk_zones PRIMARY KEY (venue, id), 
	CONSTRAINT fk_zones_venue FOREIGN KEY(venue) REFERENCES venues (id) ON DELETE CASCADE
);
INSERT INTO "zones" VALUES('book-room-zhouqiao','room',0,'书房','Book room',40);
CREATE INDEX ix_sessions_account ON sessions (account);
CREATE INDEX ix_audit_at_ms ON audit (at_ms);
CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
CREATE INDEX ix_node_certificates_venue ON node_certificates (venue);
CREATE INDEX ix_head_counts_venue ON head_counts (venue);
CREATE INDEX ix_alerts_key ON alerts (venue, kind, subject);
CREATE INDEX ix_alerts_open ON alerts (is_open);
CREATE INDEX ix_alert_history_number ON alert_history (number);
CREATE INDEX ix_declarations_venue ON declarations (venue);
CREATE INDEX ix_verdicts_newest ON verdicts (is_newest, last_day, venue);
CREATE INDEX ix_overrides_venue ON overrides (venue);
CREATE INDEX ix_deliveries_state_channel ON deliveries (state, channel, id);
CREATE INDEX ix_deliveries_alert ON deliveries (alert);
CREATE INDEX ix_deliveries_channel_sent_ms ON deliveries (channel, sent_ms);
CREATE INDEX ix_deliveries_channel_tried_ms ON deliveries (channel, tried_ms);
CREATE INDEX ix_deliveries_channel_failed_ms ON deliveries (channel, failed_ms);
CREATE INDEX ix_cards_patron ON cards (patron);
CREATE UNIQUE INDEX uq_works_title ON works (title, author);
CREATE INDEX ix_items_work ON items (work);
CREATE UNIQUE INDEX uq_loans_open ON loans (item) WHERE back_ms IS NULL;
CREATE INDEX ix_loans_item ON loans (item, out_ms);
CREATE INDEX ix_loans_patron ON loans (patron, back_ms);
CREATE INDEX ix_loans_back_ms ON loans (back_ms);
CREATE INDEX ix_holds_work ON holds (work, state);
CREATE INDEX ix_holds_patron ON holds (patron, state);
CREATE INDEX ix_fees_patron ON fees (patron);
CREATE INDEX ix_fees_loan ON fees (loan);
CREATE INDEX ix_payments_patron ON payments (patron);
CREATE INDEX ix_hidden_wishes_venue ON hidden_wishes (venue);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('declarations',1);
COMMIT;
