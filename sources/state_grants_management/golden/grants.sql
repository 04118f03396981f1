-- An invented grants-management system: two LEAs, one of them a charter that closes; amended allocations; requests paid
-- in parts, returned and still with the LEA; a refund, and a draw that gives it back.
CREATE TABLE lea (lea_id TEXT PRIMARY KEY, nces_lea_id TEXT NOT NULL, uei TEXT NOT NULL,
    lea_name TEXT NOT NULL, is_charter INTEGER NOT NULL, closed_on TEXT, merged_into_lea_id TEXT);
CREATE TABLE award (fain TEXT PRIMARY KEY, assistance_listing TEXT NOT NULL, program_title TEXT NOT NULL,
    federal_fiscal_year INTEGER NOT NULL, awarded_on TEXT NOT NULL, amount_cents INTEGER NOT NULL,
    available_from TEXT NOT NULL, first_period_to TEXT NOT NULL, available_to TEXT NOT NULL,
    last_day_to_draw TEXT NOT NULL, updated_at TEXT NOT NULL);
CREATE TABLE award_modification (fain TEXT NOT NULL REFERENCES award, modification_number INTEGER NOT NULL,
    action TEXT NOT NULL, action_on TEXT NOT NULL, amount_cents INTEGER NOT NULL,
    PRIMARY KEY (fain, modification_number));
CREATE TABLE allocation_version (fain TEXT NOT NULL REFERENCES award, version INTEGER NOT NULL,
    version_kind TEXT NOT NULL, issued_on TEXT NOT NULL, award_cents INTEGER NOT NULL,
    unallocated_cents INTEGER NOT NULL, note TEXT NOT NULL, PRIMARY KEY (fain, version));
CREATE TABLE reservation (fain TEXT NOT NULL, version INTEGER NOT NULL, reservation TEXT NOT NULL,
    amount_cents INTEGER NOT NULL, PRIMARY KEY (fain, version, reservation));
CREATE TABLE reservation_subgrant (fain TEXT NOT NULL, version INTEGER NOT NULL, reservation TEXT NOT NULL,
    lea_id TEXT NOT NULL REFERENCES lea, amount_cents INTEGER NOT NULL,
    PRIMARY KEY (fain, version, reservation, lea_id));
CREATE TABLE allocation (fain TEXT NOT NULL, version INTEGER NOT NULL, lea_id TEXT NOT NULL REFERENCES lea,
    formula_count INTEGER, amount_cents INTEGER NOT NULL, reason TEXT NOT NULL,
    PRIMARY KEY (fain, version, lea_id));
CREATE TABLE application (application_id TEXT PRIMARY KEY, fain TEXT NOT NULL REFERENCES award,
    lea_id TEXT NOT NULL REFERENCES lea, submitted_on TEXT NOT NULL, returned_on TEXT, resubmitted_on TEXT,
    substantially_approvable_on TEXT NOT NULL, approved_on TEXT NOT NULL, updated_at TEXT NOT NULL);
CREATE TABLE budget_line (fain TEXT NOT NULL, lea_id TEXT NOT NULL, revision INTEGER NOT NULL,
    object_code TEXT NOT NULL, amount_cents INTEGER NOT NULL, approved_on TEXT NOT NULL,
    PRIMARY KEY (fain, lea_id, revision, object_code));
CREATE TABLE reimbursement_request (request_id TEXT PRIMARY KEY, lea_id TEXT NOT NULL REFERENCES lea,
    fain TEXT NOT NULL REFERENCES award, assistance_listing TEXT NOT NULL, amount_cents INTEGER NOT NULL,
    submitted_on TEXT NOT NULL, proper_on TEXT NOT NULL, returned_on TEXT, resubmitted_on TEXT,
    approved_on TEXT, period_from TEXT NOT NULL, period_to TEXT NOT NULL, updated_at TEXT NOT NULL);
CREATE TABLE request_line (request_id TEXT NOT NULL REFERENCES reimbursement_request,
    object_code TEXT NOT NULL, amount_cents INTEGER NOT NULL, PRIMARY KEY (request_id, object_code));
CREATE TABLE refused_request (refused_id TEXT PRIMARY KEY, lea_id TEXT NOT NULL REFERENCES lea,
    fain TEXT NOT NULL REFERENCES award, amount_cents INTEGER NOT NULL, budget_left_cents INTEGER NOT NULL,
    submitted_on TEXT NOT NULL, refused_on TEXT NOT NULL, reason TEXT NOT NULL);
CREATE TABLE payment (payment_id INTEGER PRIMARY KEY,
    request_id TEXT NOT NULL REFERENCES reimbursement_request, paid_on TEXT NOT NULL,
    amount_cents INTEGER NOT NULL, updated_at TEXT NOT NULL);
CREATE TABLE refund (refund_id INTEGER PRIMARY KEY,
    request_id TEXT NOT NULL REFERENCES reimbursement_request, refunded_on TEXT NOT NULL,
    amount_cents INTEGER NOT NULL);
CREATE TABLE carryover (fain TEXT NOT NULL REFERENCES award, lea_id TEXT NOT NULL REFERENCES lea,
    measured_on TEXT NOT NULL, allocation_cents INTEGER NOT NULL, obligated_cents INTEGER NOT NULL,
    carryover_cents INTEGER NOT NULL, cap_cents INTEGER, has_waiver INTEGER NOT NULL,
    PRIMARY KEY (fain, lea_id));
CREATE TABLE draw (draw_id TEXT PRIMARY KEY, fain TEXT NOT NULL REFERENCES award, drawn_on TEXT NOT NULL,
    amount_cents INTEGER NOT NULL);
CREATE TABLE draw_item (draw_id TEXT NOT NULL REFERENCES draw, item_number INTEGER NOT NULL,
    payment_id INTEGER, refund_id INTEGER, state_expense_id TEXT, amount_cents INTEGER NOT NULL,
    PRIMARY KEY (draw_id, item_number));
INSERT INTO lea VALUES
    ('0160011', '8800010', 'UEI000000011', 'Franklin Town Unified', 0, NULL, NULL),
    ('0160012', '8800020', 'UEI000000012', 'St. Mary''s, Upper', 1, '2025-06-30', '0160011');
INSERT INTO award VALUES
    ('S010A240088', '84.010', 'Title I Grants to Local Educational Agencies', 2024, '2024-07-01', 100000001, '2024-07-01', '2025-09-30', '2026-09-30', '2027-01-28', '2025-01-15T09:00:00'),
    ('V048A240088', '84.048', 'Career and Technical Education -- Basic Grants to States', 2024, '2024-07-01', 0, '2024-07-01', '2025-09-30', '2026-09-30', '2027-01-28', '2024-07-01T09:00:00');
INSERT INTO award_modification VALUES
    ('S010A240088', 0, 'new', '2024-07-01', 90000000),
    ('S010A240088', 1, 'supplement', '2024-10-01', 10000002),
    ('S010A240088', 2, 'deobligation', '2025-01-15', -1);
INSERT INTO allocation_version VALUES
    ('S010A240088', 1, 'preliminary', '2024-05-01', 88000000, 0, 'An estimate'),
    ('S010A240088', 2, 'final', '2024-07-15', 90000000, -5, ''),
    ('S010A240088', 3, 'amended', '2025-01-20', 100000001, 17, 'Supplement, "deobligation"');
INSERT INTO reservation VALUES
    ('S010A240088', 3, 'state_administration', 1000000),
    ('S010A240088', 3, 'school_improvement', 7000000),
    ('S010A240088', 3, 'state_activities', 0);
INSERT INTO reservation_subgrant VALUES
    ('S010A240088', 3, 'school_improvement', '0160011', 6650000),
    ('S010A240088', 3, 'school_improvement', '0160012', 0);
INSERT INTO allocation VALUES
    ('S010A240088', 2, '0160011', 1546, 80000000, 'formula'),
    ('S010A240088', 3, '0160011', 1546, 88000000, 'hold_harmless'),
    ('S010A240088', 3, '0160012', NULL, 3999984, 'new_charter'),
    ('V048A240088', 1, '0160011', NULL, 0, 'reallocation');
INSERT INTO application VALUES
    ('AP-2024-84010-0160011', 'S010A240088', '0160011', '2024-06-20', '2024-07-01', '2024-07-10', '2024-07-10', '2024-08-01', '2024-08-01T10:00:00'),
    ('AP-2024-84010-0160012', 'S010A240088', '0160012', '2024-06-25', NULL, NULL, '2024-06-25', '2024-08-05', '2024-08-05T10:00:00');
INSERT INTO budget_line VALUES
    ('S010A240088', '0160011', 0, '100', 70000000, '2024-08-01'),
    ('S010A240088', '0160011', 0, '200', 18000000, '2024-08-01'),
    ('S010A240088', '0160011', 1, '100', 88000000, '2025-02-01');
INSERT INTO reimbursement_request VALUES
    ('RR-2025-000001', '0160011', 'S010A240088', '84.010', 125001, '2024-09-01', '2024-09-03', NULL, NULL, '2024-09-10', '2024-08-01', '2024-08-31', '2024-09-20T08:00:00'),
    ('RR-2025-000002', '0160012', 'S010A240088', '84.010', 1, '2024-10-01', '2024-10-02', '2024-10-10', '2024-11-05', '2024-11-20', '2024-09-01', '2024-09-30', '2024-11-21T08:00:00'),
    ('RR-2025-000003', '0160012', 'S010A240088', '84.010', 500000, '2025-09-01', '2025-09-02', '2025-09-20', NULL, NULL, '2025-08-01', '2025-08-31', '2025-09-20T08:00:00');
INSERT INTO request_line VALUES
    ('RR-2025-000001', '100', 125000),
    ('RR-2025-000001', '200', 1),
    ('RR-2025-000002', '600', 1);
INSERT INTO refused_request VALUES
    ('RF-2025-000001', '0160012', 'S010A240088', 99999999, 3999983, '2025-03-01', '2025-03-04', 'Over the budget of the LEA');
INSERT INTO payment VALUES
    (1, 'RR-2025-000001', '2024-09-15', 62500, '2024-09-15T08:00:00'),
    (2, 'RR-2025-000001', '2024-09-20', 62501, '2024-09-20T08:00:00'),
    (10, 'RR-2025-000002', '2024-11-21', 1, '2024-11-21T08:00:00');
INSERT INTO refund VALUES
    (1, 'RR-2025-000001', '2025-01-10', 2501);
INSERT INTO carryover VALUES
    ('S010A240088', '0160011', '2025-09-30', 88000000, 60000000, 28000000, 13200000, 1),
    ('S010A240088', '0160012', '2025-09-30', 3999984, 3999985, -1, NULL, 0);
INSERT INTO draw VALUES
    ('2024091700001', 'S010A240088', '2024-09-17', 125001),
    ('2025011500007', 'S010A240088', '2025-01-15', -2501);
INSERT INTO draw_item VALUES
    ('2024091700001', 1, 1, NULL, NULL, 62500),
    ('2024091700001', 2, 2, NULL, NULL, 62501),
    ('2025011500007', 1, NULL, 1, NULL, -2501),
    ('2025011500008', 1, NULL, NULL, 'SX-2025-000001', 700);
