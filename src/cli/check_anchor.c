/*
 * tlsq check: does the trust anchor have the key that the root is signed with?
 *
 * Only the anchor of the real root is judged, known by one of its keys.  A record
 * that goes over several lines is not read: nothing is said then.
 */
#include "cli/check_impl.h"

#include <netinet/in.h>
#include <resolv.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "lookup/resolver.h"

enum {
	ALGORITHM_RSASHA256 = 8,
	KSK_2017 = 20326,	/* revoked on 2027-01-11 */
	KSK_2024 = 38696,	/* signs since 2026-10-11 */
	LINE_LEN = 4096, FIELDS_MAX = 8, KEY_MAX = 2048
};

struct anchor_keys { bool ksk_2017, ksk_2024; };

/* RFC 4034 appendix B */
static unsigned int
key_tag(const uint8_t *rdata, size_t len)
{
	unsigned long sum = 0;

	for (size_t i = 0; i < len; i++)
		sum += i & 1 ? rdata[i] : (unsigned long)rdata[i] << 8;
	return (unsigned int)((sum + (sum >> 16 & 0xffff)) & 0xffff);
}

/* field: flags, protocol, algorithm, key */
static unsigned int
dnskey_tag(char *const *field)
{
	unsigned long flags = strtoul(field[0], NULL, 10);
	uint8_t rdata[4 + KEY_MAX] = {
		(uint8_t)(flags >> 8), (uint8_t)flags,
		(uint8_t)strtoul(field[1], NULL, 10),
		(uint8_t)strtoul(field[2], NULL, 10),
	};
	int n = b64_pton(field[3], rdata + 4, KEY_MAX);

	return n < 0 ? 0 : key_tag(rdata, 4 + (size_t)n);
}

static void
note_key(struct anchor_keys *keys, unsigned long tag, const char *algorithm)
{
	if (strtoul(algorithm, NULL, 10) != ALGORITHM_RSASHA256)
		return;
	keys->ksk_2017 |= tag == KSK_2017;
	keys->ksk_2024 |= tag == KSK_2024;
}

/* Owner, perhaps ttl and class, type, and the first four fields. */
static void
read_line(struct anchor_keys *keys, char *line)
{
	char *field[FIELDS_MAX], *save = NULL;
	size_t n = 0, at = 1;

	line[strcspn(line, ";")] = '\0';
	for (char *s = strtok_r(line, " \t\r\n", &save); s != NULL &&
	    n < FIELDS_MAX; s = strtok_r(NULL, " \t\r\n", &save))
		field[n++] = s;
	if (n == 0 || strcmp(field[0], ".") != 0)
		return;
	while (at < n && !text_equal_nocase(field[at], "DS") &&
	    !text_equal_nocase(field[at], "DNSKEY"))
		at++;
	if (n - at < 5)
		return;
	if (text_equal_nocase(field[at], "DS"))
		note_key(keys, strtoul(field[at + 1], NULL, 10),
		    field[at + 2]);
	else
		note_key(keys, dnskey_tag(&field[at + 1]), field[at + 3]);
}

bool
check_anchor(const struct conf *conf, struct error *err)
{
	const char *file = conf->dns.trust_anchor;
	struct anchor_keys keys = { false, false };
	char line[LINE_LEN];
	FILE *f;

	/* That file may name anchors of its own. */
	if (file == NULL && conf->dns.unbound_config != NULL)
		return true;
	if (file == NULL)
		file = RESOLVER_ROOT_KEY;
	f = fopen(file, "re");
	/* The resolver will say what is wrong with the file. */
	if (f == NULL)
		return true;
	while (fgets(line, sizeof(line), f) != NULL)
		read_line(&keys, line);
	(void)fclose(f);
	return !keys.ksk_2017 || keys.ksk_2024 || error_set(err, EX_CONFIG,
	    "dns.trust-anchor: %s: lacks the key that has signed the root "
	    "since 2026-10-11 (tag %d), so every signed domain would be "
	    "refused; upgrade the package dns-root-data", file, KSK_2024);
}
