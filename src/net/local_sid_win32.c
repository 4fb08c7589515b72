/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Accounts on Windows: tokens, groups and owners.
 *
 * NOTES.  A client is known by its token, which the system keeps with its end
 * of the pipe, not by the number of its process, which may be a different one's
 * by the time it is looked at.  The client decides how far it may be
 * impersonated; identification is enough for us, and ours grants no more.  A
 * group counts when it is enabled: administrators whose rights User Account
 * Control holds back are plain users.
 */

#include "compat.h"

#include "net/local_sid.h"

#include <windows.h>
#include <aclapi.h>
#include <sddl.h>

#include "base/log.h"

#define SID_SYSTEM "S-1-5-18"
#define SID_LOCAL_SERVICE "S-1-5-19"
#define SID_ADMINISTRATORS "S-1-5-32-544"
#define SID_SERVICE "S-1-5-6"		/* a group of all services */

enum { SERVICE_PARTS = 6 };	/* 80 and the hash of its name */

/* Writes a SID as text; 0, or -1. */
static int
write_sid(PSID sid, char text[LOCAL_USER])
{
	char *whole;
	size_t n;

	if (!ConvertSidToStringSidA(sid, &whole))
		return -1;
	n = strlcpy(text, whole, LOCAL_USER);
	LocalFree(whole);
	return n < LOCAL_USER ? 0 : -1;
}

/* What a token says of that class, in memory that the caller frees; NULL: it
 * does not. */
static void *
token_get(HANDLE token, TOKEN_INFORMATION_CLASS class)
{
	DWORD size = 0;
	void *what;

	(void)GetTokenInformation(token, class, NULL, 0, &size);
	what = size == 0 ? NULL : malloc(size);
	if (what != NULL && !GetTokenInformation(token, class, what, size,
	    &size)) {
		free(what);
		return NULL;
	}
	return what;
}

/* Writes the SID of a token's user; 0, or -1. */
static int
token_user(HANDLE token, char sid[LOCAL_USER])
{
	TOKEN_USER *user = token_get(token, TokenUser);
	int result = user == NULL ? -1 : write_sid(user->User.Sid, sid);

	free(user);
	return result;
}

/* Is it the SID of one service? */
static bool
is_service(PSID sid)
{
	static const SID_IDENTIFIER_AUTHORITY nt = { SECURITY_NT_AUTHORITY };

	return IsValidSid(sid) && memcmp(GetSidIdentifierAuthority(sid), &nt,
	    sizeof(nt)) == 0 &&
	    *GetSidSubAuthorityCount(sid) == SERVICE_PARTS &&
	    *GetSidSubAuthority(sid, 0) == 80;
}

/* Writes the SID of the service that a token is of; 0, or -1: of none. */
static int
token_service(HANDLE token, char sid[LOCAL_USER])
{
	TOKEN_GROUPS *groups = token_get(token, TokenGroups);
	int result = -1;
	DWORD i;

	for (i = 0; groups != NULL && i < groups->GroupCount; i++)
		if ((groups->Groups[i].Attributes & SE_GROUP_ENABLED) != 0 &&
		    is_service(groups->Groups[i].Sid))
			result = write_sid(groups->Groups[i].Sid, sid);
	free(groups);
	return result;
}

/* Does a token count as that account, or as a member of that group?  NULL: that
 * of this thread. */
static bool
token_is(HANDLE token, const char *text)
{
	BOOL is = FALSE;
	PSID sid;

	if (!ConvertStringSidToSidA(text, &sid))
		return false;
	if (!CheckTokenMembership(token, sid, &is))
		is = FALSE;
	LocalFree(sid);
	return is;
}

int
local_sid_user(char sid[LOCAL_USER])
{
	HANDLE token;
	int result;

	if (!OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token))
		return -1;
	result = token_user(token, sid);
	CloseHandle(token);
	return result;
}

int
local_sid_own(char sid[LOCAL_USER])
{
	HANDLE token;
	int result;

	if (!OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token))
		return -1;
	result = token_service(token, sid);
	if (result != 0)
		result = token_user(token, sid);
	CloseHandle(token);
	return result;
}

int
local_sid_owner(char sid[LOCAL_USER])
{
	if (!token_is(NULL, SID_ADMINISTRATORS))
		return local_sid_user(sid);
	strlcpy(sid, SID_ADMINISTRATORS, LOCAL_USER);
	return 0;
}

bool
local_is_root(void)
{
	return token_is(NULL, SID_ADMINISTRATORS) ||
	    token_is(NULL, SID_SYSTEM) || token_is(NULL, SID_SERVICE);
}

void
local_sid_peer(void *pipe, struct local_peer *peer)
{
	char own[LOCAL_USER];
	HANDLE token = NULL;

	memset(peer, 0, sizeof(*peer));
	strlcpy(peer->user, "unknown", sizeof(peer->user));
	if (local_sid_own(own) != 0 || !ImpersonateNamedPipeClient(pipe))
		return;
	if (!OpenThreadToken(GetCurrentThread(), TOKEN_QUERY, TRUE, &token))
		token = NULL;
	/* Nothing else may happen as that user. */
	must(RevertToSelf());
	if (token == NULL)
		return;
	peer->may_command = token_is(token, SID_ADMINISTRATORS) ||
	    token_is(token, SID_SYSTEM) || token_is(token, own);
	if (token_user(token, peer->user) != 0) {
		strlcpy(peer->user, "unknown", sizeof(peer->user));
		peer->may_command = false;
	}
	CloseHandle(token);
}

bool
local_sid_trusts(void *pipe, char owner[LOCAL_USER])
{
	PSECURITY_DESCRIPTOR all = NULL;
	char own[LOCAL_USER];
	bool service;
	PSID sid;

	strlcpy(owner, "unknown", LOCAL_USER);
	if (GetSecurityInfo(pipe, SE_KERNEL_OBJECT,
	    OWNER_SECURITY_INFORMATION, &sid, NULL, NULL, NULL, &all) !=
	    ERROR_SUCCESS)
		return false;
	service = sid != NULL && is_service(sid);
	if (sid == NULL || write_sid(sid, owner) != 0) {
		strlcpy(owner, "unknown", LOCAL_USER);
		LocalFree(all);
		return false;
	}
	LocalFree(all);
	return service || strcmp(owner, SID_SYSTEM) == 0 ||
	    strcmp(owner, SID_ADMINISTRATORS) == 0 ||
	    strcmp(owner, SID_LOCAL_SERVICE) == 0 ||
	    (local_sid_user(own) == 0 && strcmp(owner, own) == 0);
}
