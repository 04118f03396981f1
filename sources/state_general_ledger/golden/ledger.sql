-- An invented ledger: a payment, its reversal and the right one; a draw; an allocation that shrinks.
CREATE TABLE account (account_code TEXT PRIMARY KEY, fund TEXT, function TEXT, object TEXT, program TEXT,
    account_title TEXT, fain TEXT);
CREATE TABLE entry (entry_id INTEGER PRIMARY KEY, journal_number TEXT, line_number INTEGER, posted_on TEXT,
    entered_at TEXT, account_code TEXT, entry_type TEXT, amount_cents INTEGER, lea_id TEXT, document_type TEXT,
    document_number TEXT, reverses_entry_id INTEGER, description TEXT);
INSERT INTO account VALUES
    ('210-2990-590-8401024', '210', '2990', '590', '8401024', 'Title I, payments to LEAs', 'S010A240088'),
    ('010-4500-000-8401024', '010', '4500', '000', '8401024', 'Title I, federal revenue', 'S010A240088');
INSERT INTO entry VALUES
    (1, 'JE-2024-000001', 1, '2024-07-01', '2024-07-01T08:00:00', '210-2990-590-8401024', 'obligation', 9007199254740993,
     '0160011', 'allocation', 'S010A240088/2/0160011', NULL, 'Allocation, final'),
    (2, 'JE-2024-000002', 1, '2024-09-15', '2024-09-15T08:00:00', '210-2990-590-8401024', 'expenditure', 125001,
     '0160011', 'payment', '17', NULL, 'Payment 17'),
    (3, 'JE-2024-000003', 1, '2024-09-16', '2024-09-16T08:00:00', '210-2990-590-8401024', 'expenditure', -125001,
     '0160011', 'payment', '17', 2, 'Reversal: wrong LEA'),
    (4, 'JE-2024-000003', 2, '2024-09-16', '2024-09-16T08:00:00', '210-2990-590-8401024', 'expenditure', 125001,
     '0160012', 'payment', '17', NULL, 'Payment 17, "O''Neill"'),
    (5, 'JE-2024-000004', 1, '2024-09-17', '2024-09-17T08:00:00', '010-4500-000-8401024', 'revenue', 125001,
     NULL, 'draw', '2024091700001', NULL, 'Draw'),
    (6, 'JE-2025-000001', 1, '2025-02-01', '2025-02-01T08:00:00', '210-2990-590-8401024', 'obligation', -1,
     '0160011', 'allocation', 'S010A240088/3/0160011', NULL, '');
