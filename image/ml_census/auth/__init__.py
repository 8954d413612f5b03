"""Authentication: passwords, JSON Web Tokens, and a lockout after failed logins. No module uses Flask or does I/O."""

from ml_census.auth.errors import CredentialsError as CredentialsError
from ml_census.auth.login_throttle import LoginThrottle as LoginThrottle
from ml_census.auth.passwords import MAX_NAME_BYTES as MAX_NAME_BYTES
from ml_census.auth.passwords import MAX_PASSWORD_BYTES as MAX_PASSWORD_BYTES
from ml_census.auth.passwords import is_within_limits as is_within_limits
from ml_census.auth.passwords import name_problem as name_problem
from ml_census.auth.passwords import password_problem as password_problem
from ml_census.auth.passwords import password_weakness as password_weakness
from ml_census.auth.passwords import verify_password as verify_password
from ml_census.auth.tokens import TOKEN_SECONDS as TOKEN_SECONDS
from ml_census.auth.tokens import Keys as Keys
from ml_census.auth.tokens import issue_token as issue_token
from ml_census.auth.tokens import parse_keys as parse_keys
from ml_census.auth.tokens import verify_token as verify_token
from ml_census.auth.users import parse_users as parse_users
from ml_census.auth.users import users_with_plaintext_password as users_with_plaintext_password
from ml_census.auth.users import users_with_weak_hash as users_with_weak_hash
from ml_census.auth.users import users_without_login as users_without_login
