"""Who signs in and with what: users, what they belong to, links, invitations, keys."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from mainstay.core.ids import new_id
from mainstay.core.wall.fields import ForeignKey
from mainstay.core.wall.functions import LookupFunction, lookup_function
from mainstay.core.wall.kinds import operator_wall, plumbing_wall, tenant_wall
from mainstay.core.wall.models import Row, TenantRow, one_of
from mainstay.people.access.providers.models import (
    DomainClaim,
    Provider,
    ProviderLink,
    StaffProvider,
    StaffProviderLink,
)
from mainstay.people.access.rules import LinkPurpose
from mainstay.people.staff.models import Staff
from mainstay.people.tenants.models import Member

__all__ = [
    "ApiKey",
    "DomainClaim",
    "Invitation",
    "Membership",
    "OperatorKey",
    "Provider",
    "ProviderLink",
    "SignInLink",
    "StaffProvider",
    "StaffProviderLink",
    "User",
]


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email=(username or "").strip().lower())


class User(AbstractBaseUser):
    """A person who can sign in: an address and a password. What it may see hangs on its memberships."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    email = models.CharField(max_length=320, unique=True)
    is_active = models.BooleanField(default=True)
    language = models.CharField(max_length=10, blank=True)
    created_at = models.DateTimeField()

    wall = plumbing_wall()
    objects: ClassVar[UserManager] = UserManager()
    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        db_table = "access_user"


class Membership(Row):
    """A user is this member of that customer, or this staff member. One is active in a session."""

    user = ForeignKey(User)
    tenant_id = models.UUIDField(null=True)
    member = ForeignKey(Member, null=True)
    staff = ForeignKey(Staff, null=True)
    created_at = models.DateTimeField()

    wall = plumbing_wall()

    class Meta:
        db_table = "access_membership"
        constraints = [
            models.CheckConstraint(
                condition=Q(tenant_id__isnull=False, member__isnull=False, staff__isnull=True)
                | Q(tenant_id__isnull=True, member__isnull=True, staff__isnull=False),
                name="ck_membership_side",
            ),
            models.UniqueConstraint(
                fields=["member"], name="uq_membership_member", condition=Q(member__isnull=False)
            ),
            models.UniqueConstraint(
                fields=["staff"], name="uq_membership_staff", condition=Q(staff__isnull=False)
            ),
        ]


class SignInLink(Row):
    """A link by mail, to sign in or to set a password: single use, short-lived, only its hash is kept."""

    user = ForeignKey(User)
    purpose = models.CharField(max_length=20, default=LinkPurpose.SIGN_IN.value)
    token_hash = models.CharField(max_length=64, unique=True)
    next_path = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    wall = plumbing_wall()

    class Meta:
        db_table = "access_sign_in_link"
        constraints = [one_of("purpose", LinkPurpose, "ck_sign_in_link_purpose")]


class OpenSession(Row):
    """What a person is told about a session of theirs; the session itself is the framework's row of that key."""

    user = ForeignKey(User)
    session_key = models.CharField(max_length=40, unique=True)
    method = models.CharField(max_length=20, blank=True)
    agent = models.CharField(max_length=400, blank=True)
    """User-Agent, as the browser gave it."""
    ip = models.GenericIPAddressField(null=True)
    """From where it was last seen."""
    began_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    """To the minute: a request does not cost a write."""

    wall = plumbing_wall()

    class Meta:
        db_table = "access_session"
        indexes = [
            models.Index(fields=["user", "began_at"], name="ix_session_user"),
            models.Index(fields=["seen_at"], name="ix_session_seen"),
        ]


class Invitation(TenantRow):
    member = ForeignKey(Member)
    token_hash = models.CharField(max_length=64)
    invited_by_kind = models.CharField(max_length=20)
    invited_by = models.UUIDField(null=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    wall = tenant_wall()

    class Meta:
        db_table = "invitation"
        constraints = [models.UniqueConstraint(fields=["tenant", "token_hash"], name="uq_invitation_token")]
        indexes = [models.Index(fields=["token_hash"], name="ix_invitation_token")]


class KeyFields(models.Model):
    name = models.CharField(max_length=120)
    prefix = models.CharField(max_length=16)
    """The first characters, shown so that a key can be told from another."""
    key_hash = models.CharField(max_length=64)
    """SHA-256 in hex: keys carry 256 random bits, so a password hasher would add cost and no safety."""
    scopes = ArrayField(models.CharField(max_length=40), default=list)
    created_at = models.DateTimeField()
    created_by_kind = models.CharField(max_length=20)
    created_by = models.UUIDField(null=True)
    expires_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)

    class Meta:
        abstract = True


class ApiKey(TenantRow, KeyFields):
    wall = tenant_wall()

    class Meta:
        db_table = "api_key"
        constraints = [models.UniqueConstraint(fields=["tenant", "key_hash"], name="uq_api_key_hash")]
        indexes = [models.Index(fields=["key_hash"], name="ix_api_key_hash")]


class OperatorKey(Row, KeyFields):
    wall = operator_wall()

    class Meta:
        db_table = "operator_key"
        indexes = [models.Index(fields=["key_hash"], name="ix_operator_key_hash")]


find_key = lookup_function(
    LookupFunction(
        "find_key(wanted text)",
        "TABLE (key_id uuid, tenant_id uuid, tenant_name varchar, language varchar, zone varchar, name varchar, "
        "scopes varchar[], expires_at timestamptz, revoked_at timestamptz, last_used_at timestamptz)",
        "SELECT k.id, k.tenant_id, t.name, t.language, t.zone, k.name, k.scopes, k.expires_at, "
        "k.revoked_at, k.last_used_at "
        "FROM api_key k "
        "JOIN tenant t ON t.id = k.tenant_id WHERE k.key_hash = wanted UNION ALL "
        "SELECT k.id, NULL, NULL, NULL, NULL, k.name, k.scopes, k.expires_at, "
        "k.revoked_at, k.last_used_at "
        "FROM operator_key k WHERE k.key_hash = wanted",
    )
)
find_invitation = lookup_function(
    LookupFunction(
        "find_invitation(wanted text)",
        "TABLE (invitation_id uuid, tenant_id uuid, member_id uuid, email varchar, name varchar, role varchar, "
        "tenant_name varchar, language varchar, expires_at timestamptz, accepted_at timestamptz, "
        "revoked_at timestamptz)",
        "SELECT i.id, i.tenant_id, i.member_id, m.email, m.name, m.role, t.name, "
        "coalesce(nullif(m.language, ''), t.language), i.expires_at, i.accepted_at, i.revoked_at "
        "FROM invitation i JOIN member m ON m.id = i.member_id AND m.tenant_id = i.tenant_id "
        "JOIN tenant t ON t.id = i.tenant_id WHERE i.token_hash = wanted",
    )
)
find_seats = lookup_function(
    LookupFunction(
        "find_seats(wanted uuid, session varchar)",
        "TABLE (membership_id uuid, tenant_id uuid, member_id uuid, staff_id uuid, name varchar, roles varchar[], "
        "language varchar, zone varchar, tenant_name varchar, tenant_slug varchar, "
        "sso_required boolean, provider_ids uuid[], requires_factor boolean, has_factor boolean, "
        "began_at timestamptz, seen_at timestamptz)",
        "SELECT a.id, a.tenant_id, a.member_id, a.staff_id, "
        "coalesce(s.name, nullif(m.name, ''), m.email)::varchar, coalesce(s.roles, ARRAY[m.role])::varchar[], "
        "coalesce(s.language, nullif(m.language, ''), t.language)::varchar, "
        "coalesce(s.zone, nullif(m.zone, ''), t.zone)::varchar, t.name, t.slug, "
        "CASE WHEN a.staff_id IS NULL THEN EXISTS (SELECT FROM sso_provider p "
        "WHERE p.tenant_id = a.tenant_id AND p.is_enabled AND p.is_required) "
        "ELSE EXISTS (SELECT FROM staff_sso_provider p WHERE p.is_enabled AND p.is_required) END, "
        "CASE WHEN a.staff_id IS NULL THEN ARRAY(SELECT p.id FROM sso_link l "
        "JOIN sso_provider p ON p.tenant_id = l.tenant_id AND p.id = l.provider_id AND p.is_enabled "
        "WHERE l.tenant_id = a.tenant_id AND l.member_id = a.member_id) "
        "ELSE ARRAY(SELECT p.id FROM staff_sso_link l "
        "JOIN staff_sso_provider p ON p.id = l.provider_id AND p.is_enabled "
        "WHERE l.staff_id = a.staff_id) END, t.requires_second_factor, "
        "EXISTS (SELECT FROM mfa_authenticator f WHERE f.user_id = wanted AND f.type <> 'recovery_codes'), "
        "x.began_at, x.seen_at "
        "FROM access_membership a LEFT JOIN staff s ON s.id = a.staff_id "
        "LEFT JOIN member m ON m.id = a.member_id AND m.tenant_id = a.tenant_id "
        "LEFT JOIN tenant t ON t.id = m.tenant_id "
        "LEFT JOIN access_session x ON x.session_key = session AND x.user_id = wanted "
        "WHERE a.user_id = wanted AND (s.is_active OR m.state <> 'suspended') ORDER BY a.created_at, a.id",
    )
)
find_admin = lookup_function(
    LookupFunction(
        "find_admin()",
        "TABLE (found boolean)",
        "SELECT EXISTS (SELECT FROM staff WHERE is_active AND 'admin' = ANY (roles))",
    )
)
