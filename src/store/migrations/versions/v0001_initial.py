"""The first schema.

Written by ``tools/initial_migration.py``; a test compares its result with the metadata.
"""

from alembic import op

revision = "0001"
down_revision = None

STATEMENTS = r"""
create schema if not exists vr
;;
create schema if not exists ltc
;;
create schema if not exists osh
;;
create schema if not exists hub
;;
CREATE TABLE vr.professional (
    id TEXT NOT NULL,
    national_id_index BYTEA,
    national_id_cipher BYTEA,
    national_id_masked TEXT,
    national_id_kind TEXT,
    national_id_check TEXT,
    name TEXT,
    name_en TEXT,
    birth_date DATE,
    phone TEXT,
    email TEXT,
    address TEXT,
    county TEXT,
    county__code TEXT,
    employer TEXT,
    job_title TEXT,
    joined_on DATE,
    source_version BIGINT NOT NULL,
    source_updated_at TIMESTAMP WITH TIME ZONE,
    raw_hash BYTEA,
    synced_at TIMESTAMP WITH TIME ZONE NOT NULL,
    deleted_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_professional PRIMARY KEY (id)
)
;;
CREATE INDEX ix_professional_national_id_index ON vr.professional (national_id_index)
;;
COMMENT ON TABLE vr.professional IS '專業人員會員'
;;
CREATE TABLE vr.qualification (
    id TEXT NOT NULL,
    professional_id TEXT,
    title TEXT,
    title__code TEXT,
    service_items TEXT[],
    service_items__codes TEXT[],
    clause TEXT,
    clause__code TEXT,
    clause_note TEXT,
    status TEXT,
    status__code TEXT,
    received_on DATE,
    reviewed_on DATE,
    issued_on DATE,
    document_no TEXT,
    waiver_document_no TEXT,
    social_work_20_credits TEXT,
    renewed_on DATE,
    renewal_document_on DATE,
    renewal_document_no TEXT,
    extension_from DATE,
    extension_to DATE,
    ce_completed_on DATE,
    ce_due_on DATE,
    shortfall_text TEXT,
    source_version BIGINT NOT NULL,
    source_updated_at TIMESTAMP WITH TIME ZONE,
    raw_hash BYTEA,
    synced_at TIMESTAMP WITH TIME ZONE NOT NULL,
    deleted_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_qualification PRIMARY KEY (id)
)
;;
CREATE INDEX ix_qualification_professional_id ON vr.qualification (professional_id)
;;
COMMENT ON TABLE vr.qualification IS '專業人員資格'
;;
CREATE TABLE vr.training_record (
    id TEXT NOT NULL,
    professional_id TEXT,
    course_no TEXT,
    course_name TEXT,
    provider TEXT,
    class_name TEXT,
    nature TEXT,
    nature__code TEXT,
    held_from DATE,
    held_to DATE,
    finish_month TEXT,
    category TEXT,
    category__code TEXT,
    core_competency TEXT,
    field TEXT,
    delivery TEXT,
    delivery__code TEXT,
    identity TEXT,
    identity__code TEXT,
    hours BIGINT,
    outlying_island TEXT,
    outlying_island__code TEXT,
    international TEXT,
    international__code TEXT,
    lecturer TEXT,
    lecturer__code TEXT,
    credited_hours BIGINT,
    status TEXT,
    status__code TEXT,
    reason TEXT,
    qualification_titles TEXT[],
    qualification_titles__codes TEXT[],
    source_version BIGINT NOT NULL,
    source_updated_at TIMESTAMP WITH TIME ZONE,
    raw_hash BYTEA,
    synced_at TIMESTAMP WITH TIME ZONE NOT NULL,
    deleted_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_training_record PRIMARY KEY (id)
)
;;
CREATE INDEX ix_training_record_professional_id_held_to ON vr.training_record (professional_id, held_to)
;;
CREATE INDEX ix_training_record_course_no ON vr.training_record (course_no)
;;
COMMENT ON TABLE vr.training_record IS '上課紀錄'
;;
CREATE TABLE vr.course (
    id TEXT NOT NULL,
    no TEXT,
    name TEXT,
    nature TEXT,
    nature__code TEXT,
    public BOOLEAN,
    delivery TEXT,
    delivery__code TEXT,
    delivery_reason TEXT,
    session TEXT,
    session__code TEXT,
    starts_on DATE,
    ends_on DATE,
    fee BIGINT,
    place TEXT,
    county TEXT,
    county__code TEXT,
    categories JSONB,
    method TEXT,
    target_titles TEXT[],
    target_titles__codes TEXT[],
    lecturers JSONB,
    contact JSONB,
    requirements TEXT,
    institution_tax_id TEXT,
    institution_name TEXT,
    hours BIGINT,
    status TEXT,
    status__code TEXT,
    approval_no TEXT,
    roster_state TEXT,
    roster_state__code TEXT,
    source_version BIGINT NOT NULL,
    source_updated_at TIMESTAMP WITH TIME ZONE,
    raw_hash BYTEA,
    synced_at TIMESTAMP WITH TIME ZONE NOT NULL,
    deleted_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_course PRIMARY KEY (id)
)
;;
CREATE INDEX ix_course_no ON vr.course (no)
;;
CREATE INDEX ix_course_starts_on_id ON vr.course (starts_on, id)
;;
CREATE INDEX ix_course_institution_tax_id ON vr.course (institution_tax_id)
;;
COMMENT ON TABLE vr.course IS '課程資料'
;;
CREATE TABLE vr.instructor (
    id TEXT NOT NULL,
    name TEXT,
    national_id_index BYTEA,
    national_id_cipher BYTEA,
    national_id_masked TEXT,
    national_id_kind TEXT,
    national_id_check TEXT,
    phone TEXT,
    email TEXT,
    address TEXT,
    clauses TEXT[],
    clauses__codes TEXT[],
    certificate_no TEXT,
    education TEXT,
    current_post TEXT,
    experience TEXT,
    approved_fields JSONB,
    status TEXT,
    status__code TEXT,
    source_version BIGINT NOT NULL,
    source_updated_at TIMESTAMP WITH TIME ZONE,
    raw_hash BYTEA,
    synced_at TIMESTAMP WITH TIME ZONE NOT NULL,
    deleted_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_instructor PRIMARY KEY (id)
)
;;
CREATE INDEX ix_instructor_national_id_index ON vr.instructor (national_id_index)
;;
COMMENT ON TABLE vr.instructor IS '講師'
;;
CREATE TABLE vr.institution (
    id TEXT NOT NULL,
    tax_id TEXT,
    name TEXT,
    county TEXT,
    county__code TEXT,
    address TEXT,
    phone TEXT,
    representative TEXT,
    status TEXT,
    status__code TEXT,
    source_version BIGINT NOT NULL,
    source_updated_at TIMESTAMP WITH TIME ZONE,
    raw_hash BYTEA,
    synced_at TIMESTAMP WITH TIME ZONE NOT NULL,
    deleted_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_institution PRIMARY KEY (id)
)
;;
CREATE INDEX ix_institution_tax_id ON vr.institution (tax_id)
;;
COMMENT ON TABLE vr.institution IS '機構單位'
;;
CREATE TABLE vr.extension (
    id TEXT NOT NULL,
    professional_id TEXT,
    qualification_id TEXT,
    applied_on DATE,
    leave_from DATE,
    leave_to DATE,
    reason TEXT,
    reason__code TEXT,
    local_authority TEXT,
    local_document_no TEXT,
    local_document_on DATE,
    status TEXT,
    status__code TEXT,
    decided_on DATE,
    document_no TEXT,
    source_version BIGINT NOT NULL,
    source_updated_at TIMESTAMP WITH TIME ZONE,
    raw_hash BYTEA,
    synced_at TIMESTAMP WITH TIME ZONE NOT NULL,
    deleted_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_extension PRIMARY KEY (id)
)
;;
CREATE INDEX ix_extension_qualification_id ON vr.extension (qualification_id)
;;
CREATE INDEX ix_extension_professional_id ON vr.extension (professional_id)
;;
COMMENT ON TABLE vr.extension IS '資格展延'
;;
CREATE TABLE vr.appointment (
    id TEXT NOT NULL,
    professional_id TEXT,
    institution_tax_id TEXT,
    title TEXT,
    title__code TEXT,
    first_hired_on DATE,
    appointed_on DATE,
    left_on DATE,
    county TEXT,
    county__code TEXT,
    full_time BOOLEAN,
    source_version BIGINT NOT NULL,
    source_updated_at TIMESTAMP WITH TIME ZONE,
    raw_hash BYTEA,
    synced_at TIMESTAMP WITH TIME ZONE NOT NULL,
    deleted_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_appointment PRIMARY KEY (id)
)
;;
CREATE INDEX ix_appointment_professional_id ON vr.appointment (professional_id)
;;
CREATE INDEX ix_appointment_institution_tax_id ON vr.appointment (institution_tax_id)
;;
COMMENT ON TABLE vr.appointment IS '任用'
;;
CREATE TABLE ltc.person (
    id TEXT NOT NULL,
    nationality TEXT,
    nationality__code TEXT,
    name TEXT,
    birth_date DATE,
    county TEXT,
    county__code TEXT,
    phone TEXT,
    email TEXT,
    identifiers JSONB,
    merged_ids TEXT[],
    merged_into TEXT,
    source_version BIGINT NOT NULL,
    source_updated_at TIMESTAMP WITH TIME ZONE,
    raw_hash BYTEA,
    synced_at TIMESTAMP WITH TIME ZONE NOT NULL,
    deleted_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_person PRIMARY KEY (id)
)
;;
CREATE INDEX ix_person_merged_into ON ltc.person (merged_into)
;;
COMMENT ON TABLE ltc.person IS '長照人員'
;;
CREATE TABLE ltc.certificate (
    id TEXT NOT NULL,
    person_id TEXT,
    no TEXT,
    suffix TEXT,
    suffix__code TEXT,
    personnel_type TEXT,
    personnel_type__code TEXT,
    employment_path TEXT,
    employment_path__code TEXT,
    valid_from DATE,
    valid_to DATE,
    original_valid_to DATE,
    pandemic_extended BOOLEAN,
    credit_from DATE,
    renewal_count BIGINT,
    issued_by TEXT,
    state TEXT,
    state__code TEXT,
    source_version BIGINT NOT NULL,
    source_updated_at TIMESTAMP WITH TIME ZONE,
    raw_hash BYTEA,
    synced_at TIMESTAMP WITH TIME ZONE NOT NULL,
    deleted_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_certificate PRIMARY KEY (id)
)
;;
CREATE INDEX ix_certificate_person_id ON ltc.certificate (person_id)
;;
COMMENT ON TABLE ltc.certificate IS '認證證明文件'
;;
CREATE TABLE ltc.credit (
    id TEXT NOT NULL,
    person_id TEXT,
    course_id TEXT,
    course_name TEXT,
    starts_at TIMESTAMP WITH TIME ZONE,
    ends_at TIMESTAMP WITH TIME ZONE,
    unit_name TEXT,
    approver TEXT,
    attribute TEXT,
    attribute__code TEXT,
    categories TEXT[],
    categories__codes TEXT[],
    method TEXT,
    mode TEXT,
    mode__code TEXT,
    live_sync BOOLEAN,
    training_course TEXT,
    training_course__code TEXT,
    points BIGINT,
    status TEXT,
    status__code TEXT,
    reason TEXT,
    role TEXT,
    role__code TEXT,
    source TEXT,
    source__code TEXT,
    recognition_id TEXT,
    source_record TEXT,
    source_version BIGINT NOT NULL,
    source_updated_at TIMESTAMP WITH TIME ZONE,
    raw_hash BYTEA,
    synced_at TIMESTAMP WITH TIME ZONE NOT NULL,
    deleted_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_credit PRIMARY KEY (id)
)
;;
CREATE INDEX ix_credit_person_id_ends_at ON ltc.credit (person_id, ends_at)
;;
CREATE INDEX ix_credit_recognition_id ON ltc.credit (recognition_id) WHERE recognition_id IS NOT NULL
;;
COMMENT ON TABLE ltc.credit IS '繼續教育積分'
;;
CREATE TABLE ltc.registration (
    id TEXT NOT NULL,
    person_id TEXT,
    certificate_id TEXT,
    unit_id TEXT,
    kind TEXT,
    kind__code TEXT,
    main BOOLEAN,
    starts_on DATE,
    ends_on DATE,
    county TEXT,
    county__code TEXT,
    state TEXT,
    state__code TEXT,
    source_version BIGINT NOT NULL,
    source_updated_at TIMESTAMP WITH TIME ZONE,
    raw_hash BYTEA,
    synced_at TIMESTAMP WITH TIME ZONE NOT NULL,
    deleted_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_registration PRIMARY KEY (id)
)
;;
CREATE INDEX ix_registration_unit_id ON ltc.registration (unit_id)
;;
CREATE INDEX ix_registration_person_id ON ltc.registration (person_id)
;;
CREATE INDEX ix_registration_certificate_id ON ltc.registration (certificate_id)
;;
COMMENT ON TABLE ltc.registration IS '登錄'
;;
CREATE TABLE ltc.course (
    id TEXT NOT NULL,
    name TEXT,
    unit_id TEXT,
    starts_at TIMESTAMP WITH TIME ZONE,
    ends_at TIMESTAMP WITH TIME ZONE,
    approver TEXT,
    attribute TEXT,
    attribute__code TEXT,
    categories TEXT[],
    categories__codes TEXT[],
    mode TEXT,
    mode__code TEXT,
    live_sync BOOLEAN,
    points BIGINT,
    approval_no TEXT,
    capacity BIGINT,
    source_version BIGINT NOT NULL,
    source_updated_at TIMESTAMP WITH TIME ZONE,
    raw_hash BYTEA,
    synced_at TIMESTAMP WITH TIME ZONE NOT NULL,
    deleted_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_course PRIMARY KEY (id)
)
;;
CREATE INDEX ix_course_starts_at_id ON ltc.course (starts_at, id)
;;
CREATE INDEX ix_course_unit_id ON ltc.course (unit_id)
;;
COMMENT ON TABLE ltc.course IS '繼續教育課程'
;;
CREATE TABLE ltc.unit (
    id TEXT NOT NULL,
    name TEXT,
    kind TEXT,
    kind__code TEXT,
    county TEXT,
    county__code TEXT,
    county_code TEXT,
    address TEXT,
    tax_id TEXT,
    state TEXT,
    state__code TEXT,
    source_version BIGINT NOT NULL,
    source_updated_at TIMESTAMP WITH TIME ZONE,
    raw_hash BYTEA,
    synced_at TIMESTAMP WITH TIME ZONE NOT NULL,
    deleted_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_unit PRIMARY KEY (id)
)
;;
CREATE INDEX ix_unit_tax_id ON ltc.unit (tax_id)
;;
COMMENT ON TABLE ltc.unit IS '長照服務單位'
;;
CREATE TABLE osh.institution (
    id TEXT NOT NULL,
    name TEXT,
    tax_id TEXT,
    category TEXT,
    category__code TEXT,
    county TEXT,
    county__code TEXT,
    address TEXT,
    representative TEXT,
    phone TEXT,
    source_version BIGINT NOT NULL,
    source_updated_at TIMESTAMP WITH TIME ZONE,
    raw_hash BYTEA,
    synced_at TIMESTAMP WITH TIME ZONE NOT NULL,
    deleted_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_institution PRIMARY KEY (id)
)
;;
CREATE INDEX ix_institution_tax_id ON osh.institution (tax_id)
;;
COMMENT ON TABLE osh.institution IS '訓練機構'
;;
CREATE TABLE osh.recognition (
    id TEXT NOT NULL,
    institution_code TEXT,
    training_kinds TEXT,
    training_kinds__code TEXT,
    trainees TEXT,
    trainees__code TEXT,
    document_no TEXT,
    recognised_on DATE,
    valid_from DATE,
    valid_to DATE,
    state TEXT,
    state__code TEXT,
    termination_kind TEXT,
    termination_kind__code TEXT,
    terminated_on DATE,
    effective_on DATE,
    ground TEXT,
    ground__code TEXT,
    source_version BIGINT NOT NULL,
    source_updated_at TIMESTAMP WITH TIME ZONE,
    raw_hash BYTEA,
    synced_at TIMESTAMP WITH TIME ZONE NOT NULL,
    deleted_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_recognition PRIMARY KEY (id)
)
;;
CREATE INDEX ix_recognition_institution_code ON osh.recognition (institution_code)
;;
COMMENT ON TABLE osh.recognition IS '認可'
;;
CREATE TABLE osh.training_class (
    id TEXT NOT NULL,
    institution_code TEXT,
    period_no TEXT,
    training_kind TEXT,
    training_kind__code TEXT,
    training_name TEXT,
    format TEXT,
    format__code TEXT,
    starts_on DATE,
    ends_on DATE,
    venue TEXT,
    address TEXT,
    county TEXT,
    county__code TEXT,
    trainees BIGINT,
    counsellor TEXT,
    materials TEXT,
    total_hours BIGINT,
    filed_on DATE,
    noted_no TEXT,
    noted_on DATE,
    uploaded_on DATE,
    state TEXT,
    state__code TEXT,
    source_version BIGINT NOT NULL,
    source_updated_at TIMESTAMP WITH TIME ZONE,
    raw_hash BYTEA,
    synced_at TIMESTAMP WITH TIME ZONE NOT NULL,
    deleted_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_training_class PRIMARY KEY (id)
)
;;
CREATE INDEX ix_training_class_institution_code ON osh.training_class (institution_code)
;;
CREATE INDEX ix_training_class_starts_on_id ON osh.training_class (starts_on, id)
;;
COMMENT ON TABLE osh.training_class IS '訓練班'
;;
CREATE TABLE osh.session (
    id TEXT NOT NULL,
    class_no TEXT,
    date DATE,
    weekday TEXT,
    time TEXT,
    course TEXT,
    hours BIGINT,
    lecturer_no TEXT,
    category TEXT,
    category__code TEXT,
    source_version BIGINT NOT NULL,
    source_updated_at TIMESTAMP WITH TIME ZONE,
    raw_hash BYTEA,
    synced_at TIMESTAMP WITH TIME ZONE NOT NULL,
    deleted_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_session PRIMARY KEY (id)
)
;;
CREATE INDEX ix_session_class_no ON osh.session (class_no)
;;
COMMENT ON TABLE osh.session IS '訓練課程表'
;;
CREATE TABLE osh.lecturer (
    id TEXT NOT NULL,
    class_no TEXT,
    seq TEXT,
    name TEXT,
    education TEXT,
    experience TEXT,
    clause TEXT,
    source_version BIGINT NOT NULL,
    source_updated_at TIMESTAMP WITH TIME ZONE,
    raw_hash BYTEA,
    synced_at TIMESTAMP WITH TIME ZONE NOT NULL,
    deleted_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_lecturer PRIMARY KEY (id)
)
;;
CREATE INDEX ix_lecturer_class_no ON osh.lecturer (class_no)
;;
COMMENT ON TABLE osh.lecturer IS '講師名冊'
;;
CREATE TABLE osh.trainee (
    id TEXT NOT NULL,
    class_no TEXT,
    seq TEXT,
    name TEXT,
    birth_date DATE,
    national_id_index BYTEA,
    national_id_cipher BYTEA,
    national_id_masked TEXT,
    national_id_kind TEXT,
    national_id_check TEXT,
    licence_no TEXT,
    education TEXT,
    employer TEXT,
    job_title TEXT,
    address TEXT,
    email TEXT,
    phone TEXT,
    profession TEXT,
    profession__code TEXT,
    remarks TEXT,
    source_version BIGINT NOT NULL,
    source_updated_at TIMESTAMP WITH TIME ZONE,
    raw_hash BYTEA,
    synced_at TIMESTAMP WITH TIME ZONE NOT NULL,
    deleted_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_trainee PRIMARY KEY (id)
)
;;
CREATE INDEX ix_trainee_class_no ON osh.trainee (class_no)
;;
COMMENT ON TABLE osh.trainee IS '受訓人員名冊'
;;
CREATE TABLE osh.attendance (
    id TEXT NOT NULL,
    class_no TEXT,
    session_no TEXT,
    trainee_no TEXT,
    sign_in TEXT,
    sign_out TEXT,
    late_minutes BIGINT,
    leave_hours BIGINT,
    absent_hours BIGINT,
    signature_valid TEXT,
    signature_valid__code TEXT,
    made_up_on DATE,
    made_up_hours BIGINT,
    source_version BIGINT NOT NULL,
    source_updated_at TIMESTAMP WITH TIME ZONE,
    raw_hash BYTEA,
    synced_at TIMESTAMP WITH TIME ZONE NOT NULL,
    deleted_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_attendance PRIMARY KEY (id)
)
;;
CREATE INDEX ix_attendance_trainee_no ON osh.attendance (trainee_no)
;;
CREATE INDEX ix_attendance_class_no ON osh.attendance (class_no)
;;
COMMENT ON TABLE osh.attendance IS '簽到退與點名紀錄'
;;
CREATE TABLE osh.result (
    id TEXT NOT NULL,
    class_no TEXT,
    trainee_no TEXT,
    exam_on DATE,
    attempt TEXT,
    attempt__code TEXT,
    score TEXT,
    outcome TEXT,
    outcome__code TEXT,
    practicum_on DATE,
    practicum_place TEXT,
    report_score TEXT,
    remarks TEXT,
    source_version BIGINT NOT NULL,
    source_updated_at TIMESTAMP WITH TIME ZONE,
    raw_hash BYTEA,
    synced_at TIMESTAMP WITH TIME ZONE NOT NULL,
    deleted_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_result PRIMARY KEY (id)
)
;;
CREATE INDEX ix_result_trainee_no ON osh.result (trainee_no)
;;
CREATE INDEX ix_result_class_no ON osh.result (class_no)
;;
COMMENT ON TABLE osh.result IS '成績冊'
;;
CREATE TABLE osh.certificate (
    id TEXT NOT NULL,
    class_no TEXT,
    trainee_no TEXT,
    kind TEXT,
    kind__code TEXT,
    name TEXT,
    birth_date DATE,
    national_id_index BYTEA,
    national_id_cipher BYTEA,
    national_id_masked TEXT,
    national_id_kind TEXT,
    national_id_check TEXT,
    starts_on DATE,
    ends_on DATE,
    issued_on DATE,
    noted_no TEXT,
    hours BIGINT,
    category_hours TEXT,
    confirmed_on DATE,
    remarks TEXT,
    source_version BIGINT NOT NULL,
    source_updated_at TIMESTAMP WITH TIME ZONE,
    raw_hash BYTEA,
    synced_at TIMESTAMP WITH TIME ZONE NOT NULL,
    deleted_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_certificate PRIMARY KEY (id)
)
;;
CREATE INDEX ix_certificate_trainee_no ON osh.certificate (trainee_no)
;;
CREATE INDEX ix_certificate_class_no ON osh.certificate (class_no)
;;
COMMENT ON TABLE osh.certificate IS '核發清冊'
;;
CREATE TABLE osh.improvement_order (
    id TEXT NOT NULL,
    institution_code TEXT,
    class_no TEXT,
    issued_by TEXT,
    issued_by__code TEXT,
    issued_on DATE,
    document_no TEXT,
    breach TEXT,
    improve_by DATE,
    improved_on DATE,
    report_on DATE,
    state TEXT,
    state__code TEXT,
    source_version BIGINT NOT NULL,
    source_updated_at TIMESTAMP WITH TIME ZONE,
    raw_hash BYTEA,
    synced_at TIMESTAMP WITH TIME ZONE NOT NULL,
    deleted_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_improvement_order PRIMARY KEY (id)
)
;;
CREATE INDEX ix_improvement_order_institution_code ON osh.improvement_order (institution_code)
;;
CREATE INDEX ix_improvement_order_class_no ON osh.improvement_order (class_no)
;;
COMMENT ON TABLE osh.improvement_order IS '限期改善'
;;
CREATE TABLE hub.person (
    id UUID NOT NULL,
    name TEXT,
    birth_date DATE,
    merged_into UUID,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    changed_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_person PRIMARY KEY (id),
    CONSTRAINT fk_person_merged_into FOREIGN KEY(merged_into) REFERENCES hub.person (id)
)
;;
CREATE INDEX ix_person_merged_into ON hub.person (merged_into) WHERE merged_into IS NOT NULL
;;
CREATE INDEX ix_person_name_id ON hub.person (name, id)
;;
COMMENT ON TABLE hub.person IS '人員'
;;
CREATE TABLE hub.identifier (
    entity TEXT NOT NULL,
    source_id TEXT NOT NULL,
    index BYTEA NOT NULL,
    person_id UUID,
    kind TEXT,
    "check" TEXT NOT NULL,
    current BOOLEAN DEFAULT true NOT NULL,
    live BOOLEAN DEFAULT true NOT NULL,
    cipher BYTEA NOT NULL,
    masked TEXT NOT NULL,
    key_version SMALLINT NOT NULL,
    nationality TEXT,
    birth_date DATE,
    CONSTRAINT pk_identifier PRIMARY KEY (entity, source_id, index)
)
;;
CREATE INDEX ix_identifier_person_id ON hub.identifier (person_id)
;;
CREATE INDEX ix_identifier_index ON hub.identifier (index)
;;
COMMENT ON TABLE hub.identifier IS '人員證號'
;;
CREATE TABLE hub.record_link (
    owner_entity TEXT NOT NULL,
    owner_id TEXT NOT NULL,
    entity TEXT NOT NULL,
    source_id TEXT NOT NULL,
    to_entity TEXT NOT NULL,
    to_id TEXT NOT NULL,
    CONSTRAINT pk_record_link PRIMARY KEY (owner_entity, owner_id, entity, source_id, to_entity, to_id)
)
;;
CREATE INDEX ix_record_link_to_entity_to_id ON hub.record_link (to_entity, to_id)
;;
CREATE INDEX ix_record_link_entity_source_id ON hub.record_link (entity, source_id)
;;
COMMENT ON TABLE hub.record_link IS '機關自己的連結:LTC 整併、OSH 證書與受訓人員'
;;
CREATE TABLE hub.identity_change (
    id UUID NOT NULL,
    kind TEXT NOT NULL,
    state TEXT NOT NULL,
    persons UUID[] NOT NULL,
    records JSONB NOT NULL,
    reason TEXT NOT NULL,
    issuer TEXT NOT NULL,
    client_id TEXT NOT NULL,
    proposed_by TEXT NOT NULL,
    proposed_at TIMESTAMP WITH TIME ZONE NOT NULL,
    decided_by TEXT,
    decided_at TIMESTAMP WITH TIME ZONE,
    note TEXT,
    reverted_by TEXT,
    reverted_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_identity_change PRIMARY KEY (id)
)
;;
CREATE INDEX ix_identity_change_state_proposed_at ON hub.identity_change (state, proposed_at)
;;
COMMENT ON TABLE hub.identity_change IS '身分異動:一人提出,另一人決定'
;;
CREATE TABLE hub.person_merge (
    id BIGINT GENERATED BY DEFAULT AS IDENTITY,
    kind TEXT NOT NULL,
    from_person UUID NOT NULL,
    to_person UUID NOT NULL,
    entity TEXT NOT NULL,
    source_id TEXT NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_person_merge PRIMARY KEY (id)
)
;;
CREATE INDEX ix_person_merge_from_person ON hub.person_merge (from_person)
;;
CREATE INDEX ix_person_merge_entity_source_id ON hub.person_merge (entity, source_id)
;;
CREATE INDEX ix_person_merge_to_person ON hub.person_merge (to_person)
;;
COMMENT ON TABLE hub.person_merge IS '人員合併與拆分之歷史:每筆移動之紀錄一列'
;;
CREATE TABLE hub.identity_review (
    id UUID DEFAULT gen_random_uuid() NOT NULL,
    reason TEXT NOT NULL,
    index BYTEA NOT NULL,
    entity TEXT NOT NULL,
    source_id TEXT NOT NULL,
    records JSONB NOT NULL,
    persons UUID[] NOT NULL,
    masked TEXT NOT NULL,
    state TEXT NOT NULL,
    opened_at TIMESTAMP WITH TIME ZONE NOT NULL,
    closed_at TIMESTAMP WITH TIME ZONE,
    decided_by TEXT,
    note TEXT,
    CONSTRAINT pk_identity_review PRIMARY KEY (id)
)
;;
CREATE INDEX ix_identity_review_state_opened_at ON hub.identity_review (state, opened_at)
;;
CREATE UNIQUE INDEX uq_identity_review_what ON hub.identity_review (reason, index, entity, source_id)
;;
COMMENT ON TABLE hub.identity_review IS '待人工判定之身分'
;;
CREATE TABLE hub.person_county (
    entity TEXT NOT NULL,
    source_id TEXT NOT NULL,
    person_id UUID NOT NULL,
    registry TEXT NOT NULL,
    county_code TEXT NOT NULL,
    valid_from DATE NOT NULL,
    valid_to DATE,
    CONSTRAINT pk_person_county PRIMARY KEY (entity, source_id)
)
;;
CREATE INDEX ix_person_county_county_code ON hub.person_county (county_code, registry, person_id) INCLUDE (valid_from, valid_to)
;;
CREATE INDEX ix_person_county_person_id ON hub.person_county (person_id) INCLUDE (registry, county_code, valid_from, valid_to)
;;
COMMENT ON TABLE hub.person_county IS '登錄縣市與期間'
;;
CREATE TABLE hub.organisation (
    id UUID DEFAULT gen_random_uuid() NOT NULL,
    unified_business_number TEXT,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_organisation PRIMARY KEY (id),
    CONSTRAINT uq_organisation_unified_business_number UNIQUE (unified_business_number)
)
;;
COMMENT ON TABLE hub.organisation IS '機構'
;;
CREATE TABLE hub.evaluation_due (
    person_id UUID NOT NULL,
    since TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_evaluation_due PRIMARY KEY (person_id)
)
;;
COMMENT ON TABLE hub.evaluation_due IS '事實已變動、待重新評估之人員'
;;
CREATE TABLE hub.sync_state (
    registry TEXT NOT NULL,
    position JSONB,
    floors JSONB DEFAULT '{}' NOT NULL,
    complete_at TIMESTAMP WITH TIME ZONE,
    complete_run BIGINT,
    reading TEXT,
    CONSTRAINT pk_sync_state PRIMARY KEY (registry)
)
;;
COMMENT ON TABLE hub.sync_state IS '同步位置'
;;
CREATE TABLE hub.sync_run (
    id BIGINT GENERATED BY DEFAULT AS IDENTITY,
    registry TEXT NOT NULL,
    mode TEXT NOT NULL,
    state TEXT NOT NULL,
    started_at TIMESTAMP WITH TIME ZONE NOT NULL,
    finished_at TIMESTAMP WITH TIME ZONE,
    counts JSONB DEFAULT '{}' NOT NULL,
    entity TEXT,
    expected JSONB DEFAULT '{}' NOT NULL,
    notes TEXT[] DEFAULT '{}' NOT NULL,
    error_code TEXT,
    error_message TEXT,
    CONSTRAINT pk_sync_run PRIMARY KEY (id)
)
;;
CREATE INDEX ix_sync_run_registry_id ON hub.sync_run (registry, id)
;;
COMMENT ON TABLE hub.sync_run IS '同步紀錄'
;;
CREATE TABLE hub.key_state (
    kind TEXT NOT NULL,
    version SMALLINT NOT NULL,
    CONSTRAINT pk_key_state PRIMARY KEY (kind)
)
;;
COMMENT ON TABLE hub.key_state IS '資料所用金鑰版次'
;;
CREATE TABLE hub.quarantine (
    id BIGINT GENERATED BY DEFAULT AS IDENTITY,
    registry TEXT NOT NULL,
    entity TEXT NOT NULL,
    source_id TEXT NOT NULL,
    slot TEXT NOT NULL,
    field TEXT NOT NULL,
    reason TEXT NOT NULL,
    found_in TEXT NOT NULL,
    raw_cipher BYTEA,
    raw_hash BYTEA NOT NULL,
    version BIGINT DEFAULT 0 NOT NULL,
    state TEXT NOT NULL,
    seen INTEGER DEFAULT 1 NOT NULL,
    first_seen_at TIMESTAMP WITH TIME ZONE NOT NULL,
    last_seen_at TIMESTAMP WITH TIME ZONE NOT NULL,
    last_run BIGINT,
    resolved_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_quarantine PRIMARY KEY (id)
)
;;
CREATE INDEX ix_quarantine_registry_state_id ON hub.quarantine (registry, state, id)
;;
CREATE UNIQUE INDEX uq_quarantine_entity_slot ON hub.quarantine (entity, slot)
;;
COMMENT ON TABLE hub.quarantine IS '隔離之紀錄'
;;
CREATE TABLE hub.drift (
    run_id BIGINT NOT NULL,
    entity TEXT NOT NULL,
    field TEXT NOT NULL,
    kind TEXT NOT NULL,
    sample TEXT NOT NULL,
    count BIGINT NOT NULL,
    seen_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_drift PRIMARY KEY (run_id, entity, field, kind, sample)
)
;;
COMMENT ON TABLE hub.drift IS '未知欄位與未知值'
;;
CREATE TABLE hub.upload (
    id UUID NOT NULL,
    issuer TEXT NOT NULL,
    client_id TEXT NOT NULL,
    subject TEXT NOT NULL,
    filename TEXT NOT NULL,
    content_type TEXT,
    size BIGINT NOT NULL,
    sha256 BYTEA NOT NULL,
    content BYTEA NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_upload PRIMARY KEY (id)
)
;;
CREATE INDEX ix_upload_expires_at ON hub.upload (expires_at)
;;
COMMENT ON TABLE hub.upload IS '上傳檔案'
;;
CREATE TABLE hub.submission (
    id UUID NOT NULL,
    kind TEXT NOT NULL,
    registry TEXT NOT NULL,
    state TEXT NOT NULL,
    institution TEXT,
    target TEXT,
    county TEXT,
    issuer TEXT NOT NULL,
    client_id TEXT NOT NULL,
    subject TEXT NOT NULL,
    business_day DATE NOT NULL,
    payload_cipher BYTEA NOT NULL,
    content_hash BYTEA NOT NULL,
    summary JSONB DEFAULT '{}' NOT NULL,
    errors JSONB DEFAULT '[]' NOT NULL,
    warnings JSONB DEFAULT '[]' NOT NULL,
    uploads UUID[] DEFAULT '{}' NOT NULL,
    agency_reference TEXT,
    agency_answer JSONB,
    receipt_id UUID,
    supersedes UUID,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    changed_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_submission PRIMARY KEY (id),
    CONSTRAINT fk_submission_supersedes FOREIGN KEY(supersedes) REFERENCES hub.submission (id)
)
;;
CREATE INDEX ix_submission_registry_target ON hub.submission (registry, target)
;;
CREATE INDEX ix_submission_client_id_created_at ON hub.submission (client_id, created_at)
;;
CREATE INDEX ix_submission_created_at_id ON hub.submission (created_at, id)
;;
CREATE INDEX ix_submission_registry_county_created_at ON hub.submission (registry, county, created_at)
;;
CREATE INDEX ix_submission_registry_institution_created_at ON hub.submission (registry, institution, created_at)
;;
COMMENT ON TABLE hub.submission IS '送件'
;;
CREATE TABLE hub.idempotency (
    issuer TEXT NOT NULL,
    client_id TEXT NOT NULL,
    operation TEXT NOT NULL,
    key TEXT NOT NULL,
    request_hash BYTEA NOT NULL,
    state TEXT NOT NULL,
    result JSONB,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_idempotency PRIMARY KEY (issuer, client_id, operation, key)
)
;;
CREATE INDEX ix_idempotency_expires_at ON hub.idempotency (expires_at)
;;
COMMENT ON TABLE hub.idempotency IS '冪等鍵'
;;
CREATE TABLE hub.receipt (
    id UUID NOT NULL,
    kind TEXT NOT NULL,
    jws TEXT NOT NULL,
    content JSONB NOT NULL,
    client_id TEXT NOT NULL,
    audit_chain TEXT,
    audit_seq BIGINT,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_receipt PRIMARY KEY (id)
)
;;
COMMENT ON TABLE hub.receipt IS '收據'
;;
CREATE TABLE hub.used_activity (
    certificate TEXT NOT NULL,
    activity TEXT NOT NULL,
    renewed_on DATE NOT NULL,
    CONSTRAINT pk_used_activity PRIMARY KEY (certificate, activity)
)
;;
COMMENT ON TABLE hub.used_activity IS '已用於更新之積分'
;;
CREATE TABLE hub.joint_course (
    registry TEXT NOT NULL,
    course TEXT NOT NULL,
    event TEXT NOT NULL,
    CONSTRAINT pk_joint_course PRIMARY KEY (registry, course)
)
;;
CREATE INDEX ix_joint_course_event ON hub.joint_course (event)
;;
COMMENT ON TABLE hub.joint_course IS '聯合認可之課程'
;;
CREATE TABLE hub.evaluation (
    certificate TEXT NOT NULL,
    registry TEXT NOT NULL,
    type TEXT NOT NULL,
    person_id UUID NOT NULL,
    as_of DATE NOT NULL,
    certificate_status TEXT,
    status TEXT NOT NULL,
    eligible BOOLEAN,
    valid_from DATE,
    valid_to DATE,
    requirements JSONB DEFAULT '{}' NOT NULL,
    short TEXT[] DEFAULT '{}' NOT NULL,
    findings TEXT[] DEFAULT '{}' NOT NULL,
    ruleset_version TEXT NOT NULL,
    facts_hash TEXT NOT NULL,
    next_change_on DATE,
    computed_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_evaluation PRIMARY KEY (certificate)
)
;;
CREATE INDEX ix_evaluation_person_id ON hub.evaluation (person_id)
;;
CREATE INDEX ix_evaluation_valid_to ON hub.evaluation (valid_to, certificate)
;;
CREATE INDEX ix_evaluation_expiry ON hub.evaluation (registry, valid_to, certificate) INCLUDE (type, person_id, status, certificate_status)
;;
CREATE INDEX ix_evaluation_valid_to_desc ON hub.evaluation (valid_to DESC NULLS LAST, certificate)
;;
CREATE INDEX ix_evaluation_short ON hub.evaluation USING gin (short)
;;
CREATE INDEX ix_evaluation_next_change_on ON hub.evaluation (next_change_on)
;;
COMMENT ON TABLE hub.evaluation IS '證照更新評估'
;;
CREATE TABLE hub.audit (
    chain TEXT NOT NULL,
    seq BIGINT NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    request_id TEXT NOT NULL,
    issuer TEXT,
    client_id TEXT,
    subject TEXT,
    agency_type TEXT,
    agency_code TEXT,
    purpose TEXT,
    case_reference TEXT,
    operation TEXT NOT NULL,
    document_hash TEXT,
    fields TEXT[] DEFAULT '{}' NOT NULL,
    registries TEXT[] DEFAULT '{}' NOT NULL,
    subject_refs TEXT[] DEFAULT '{}' NOT NULL,
    counts JSONB DEFAULT '{}' NOT NULL,
    outcome TEXT NOT NULL,
    denial_code TEXT,
    ruleset_version TEXT,
    latency_us BIGINT,
    prev_hash BYTEA NOT NULL,
    hash BYTEA NOT NULL,
    CONSTRAINT pk_audit PRIMARY KEY (chain, seq)
)
;;
CREATE INDEX ix_audit_client_id ON hub.audit (client_id, at)
;;
CREATE INDEX ix_audit_subject_refs ON hub.audit USING gin (subject_refs)
;;
CREATE INDEX ix_audit_at ON hub.audit (at, chain, seq)
;;
COMMENT ON TABLE hub.audit IS '稽核紀錄:只增不改'
;;
CREATE TABLE hub.audit_head (
    id BIGINT GENERATED BY DEFAULT AS IDENTITY,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    heads JSONB NOT NULL,
    jws TEXT NOT NULL,
    CONSTRAINT pk_audit_head PRIMARY KEY (id)
)
;;
COMMENT ON TABLE hub.audit_head IS '簽章之稽核鏈首'
;;
CREATE TABLE hub.verify_budget (
    issuer TEXT NOT NULL,
    client_id TEXT NOT NULL,
    day DATE NOT NULL,
    used INTEGER DEFAULT 0 NOT NULL,
    CONSTRAINT pk_verify_budget PRIMARY KEY (issuer, client_id, day)
)
;;
COMMENT ON TABLE hub.verify_budget IS '查核額度'
;;
CREATE TABLE hub.replay (
    issuer TEXT NOT NULL,
    token_id TEXT NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    seen_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_replay PRIMARY KEY (issuer, token_id)
)
;;
CREATE INDEX ix_replay_expires_at ON hub.replay (expires_at)
;;
COMMENT ON TABLE hub.replay IS '已用過之一次性憑證'
;;
CREATE TABLE hub.person_record (
    entity TEXT NOT NULL,
    source_id TEXT NOT NULL,
    person_id UUID NOT NULL,
    survivor_id TEXT NOT NULL,
    linked_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_person_record PRIMARY KEY (entity, source_id),
    CONSTRAINT fk_person_record_person_id FOREIGN KEY(person_id) REFERENCES hub.person (id)
)
;;
CREATE INDEX ix_person_record_person_id ON hub.person_record (person_id)
;;
CREATE INDEX ix_person_record_entity_survivor_id ON hub.person_record (entity, survivor_id)
;;
COMMENT ON TABLE hub.person_record IS '人員與來源紀錄之連結'
;;
CREATE TABLE hub.identity_pin (
    change_id UUID NOT NULL,
    entity TEXT NOT NULL,
    source_id TEXT NOT NULL,
    group_id UUID NOT NULL,
    alone BOOLEAN NOT NULL,
    CONSTRAINT pk_identity_pin PRIMARY KEY (change_id, entity, source_id),
    CONSTRAINT fk_identity_pin_change_id FOREIGN KEY(change_id) REFERENCES hub.identity_change (id)
)
;;
CREATE INDEX ix_identity_pin_group_id ON hub.identity_pin (group_id)
;;
CREATE INDEX ix_identity_pin_entity_source_id ON hub.identity_pin (entity, source_id)
;;
COMMENT ON TABLE hub.identity_pin IS '人工決定之連結'
;;
CREATE TABLE hub.organisation_record (
    entity TEXT NOT NULL,
    source_id TEXT NOT NULL,
    organisation_id UUID NOT NULL,
    CONSTRAINT pk_organisation_record PRIMARY KEY (entity, source_id),
    CONSTRAINT fk_organisation_record_organisation_id FOREIGN KEY(organisation_id) REFERENCES hub.organisation (id)
)
;;
CREATE INDEX ix_organisation_record_organisation_id ON hub.organisation_record (organisation_id)
;;
COMMENT ON TABLE hub.organisation_record IS '機構與來源紀錄之連結'
;;
CREATE TABLE hub.submission_event (
    id BIGINT GENERATED BY DEFAULT AS IDENTITY,
    submission_id UUID NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    state TEXT NOT NULL,
    code TEXT,
    detail JSONB DEFAULT '{}' NOT NULL,
    CONSTRAINT pk_submission_event PRIMARY KEY (id),
    CONSTRAINT fk_submission_event_submission_id FOREIGN KEY(submission_id) REFERENCES hub.submission (id)
)
;;
CREATE INDEX ix_submission_event_submission_id_id ON hub.submission_event (submission_id, id)
;;
COMMENT ON TABLE hub.submission_event IS '送件歷程'
;;
CREATE TABLE hub.outbox (
    id BIGINT GENERATED BY DEFAULT AS IDENTITY,
    submission_id UUID NOT NULL,
    registry TEXT NOT NULL,
    operation TEXT NOT NULL,
    idempotency_key TEXT NOT NULL,
    state TEXT NOT NULL,
    not_before TIMESTAMP WITH TIME ZONE NOT NULL,
    attempts INTEGER DEFAULT 0 NOT NULL,
    last_error TEXT,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    done_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_outbox PRIMARY KEY (id),
    CONSTRAINT uq_outbox_submission_id UNIQUE (submission_id),
    CONSTRAINT fk_outbox_submission_id FOREIGN KEY(submission_id) REFERENCES hub.submission (id),
    CONSTRAINT uq_outbox_idempotency_key UNIQUE (idempotency_key)
)
;;
CREATE INDEX ix_outbox_waiting ON hub.outbox (registry, not_before, id) WHERE state = 'waiting'
;;
COMMENT ON TABLE hub.outbox IS '待送機關'
;;
CREATE TABLE hub.recognition (
    id UUID NOT NULL,
    person_id UUID NOT NULL,
    activity TEXT NOT NULL,
    certificate TEXT NOT NULL,
    from_registry TEXT NOT NULL,
    to_registry TEXT NOT NULL,
    row TEXT,
    state TEXT NOT NULL,
    amount BIGINT,
    unit TEXT,
    attribute TEXT,
    categories TEXT[] DEFAULT '{}' NOT NULL,
    filed_on DATE NOT NULL,
    issuer TEXT NOT NULL,
    client_id TEXT NOT NULL,
    applied_by TEXT NOT NULL,
    institution TEXT,
    reason TEXT,
    credit JSONB DEFAULT '{}' NOT NULL,
    declared JSONB,
    submission_id UUID,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    changed_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_recognition PRIMARY KEY (id),
    CONSTRAINT fk_recognition_submission_id FOREIGN KEY(submission_id) REFERENCES hub.submission (id)
)
;;
CREATE INDEX ix_recognition_person_id ON hub.recognition (person_id)
;;
CREATE INDEX ix_recognition_activity ON hub.recognition (activity)
;;
CREATE INDEX ix_recognition_state_created_at_id ON hub.recognition (state, created_at, id)
;;
CREATE INDEX ix_recognition_certificate ON hub.recognition (certificate)
;;
COMMENT ON TABLE hub.recognition IS '跨制度採認'
;;
CREATE TABLE hub.recognition_decision (
    id UUID NOT NULL,
    recognition_id UUID NOT NULL,
    stage TEXT NOT NULL,
    outcome TEXT NOT NULL,
    amount BIGINT,
    attribute TEXT,
    categories TEXT[] DEFAULT '{}' NOT NULL,
    legal_basis TEXT,
    authority TEXT NOT NULL,
    decision_no TEXT,
    decided_on DATE NOT NULL,
    issuer TEXT NOT NULL,
    client_id TEXT NOT NULL,
    decided_by TEXT NOT NULL,
    note TEXT,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_recognition_decision PRIMARY KEY (id),
    CONSTRAINT fk_recognition_decision_recognition_id FOREIGN KEY(recognition_id) REFERENCES hub.recognition (id)
)
;;
CREATE INDEX ix_recognition_decision_recognition_id ON hub.recognition_decision (recognition_id)
;;
COMMENT ON TABLE hub.recognition_decision IS '採認初審與決定'
;;
create function hub.refuse_change() returns trigger language plpgsql as $$
    begin
        raise exception '% is append-only', tg_table_schema || '.' || tg_table_name
            using errcode = 'restrict_violation';
    end
    $$
;;
create trigger append_only before update or delete or truncate on hub.audit
        for each statement execute function hub.refuse_change()
;;
create trigger append_only before update or delete or truncate on hub.audit_head
        for each statement execute function hub.refuse_change()
;;
"""


def upgrade() -> None:
    """Create everything in an empty database."""
    for statement in STATEMENTS.split(";;"):
        if statement.strip():
            op.execute(statement)


def downgrade() -> None:
    """Back to an empty database."""
    for schema in ("vr", "ltc", "osh"):
        op.execute(f"drop schema {schema} cascade")
