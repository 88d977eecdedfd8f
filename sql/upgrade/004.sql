-- Version 3 to 4: sessions learn the group and the signature of their handshake, cached MX
-- answers the name after aliases.  Never edited once released.  Views and triggers are made again after the last step.

-- name: upgrade_004
ALTER TABLE session ADD COLUMN
	key_exchange TEXT; -- X25519, P-256, ..., DHE; NULL where TLS 1.2 was resumed
ALTER TABLE session ADD COLUMN
	signature TEXT; -- of the server in this handshake: ecdsa_secp256r1_sha256, ...;
		-- rsa_pss_rsae (no hash) in TLS 1.3 with RSA; NULL where resumed
ALTER TABLE mx_cache ADD COLUMN
	canonical TEXT; -- the domain after CNAMEs; NULL: the same name
PRAGMA user_version = 4;
