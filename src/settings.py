"""Settings from the environment, prefix ``CERTHUB_``, nested by ``__``; for app and cli."""

from datetime import date, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Self

from pydantic import BaseModel, Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

__all__ = ["AgencySettings", "Environment", "IssuerSettings", "Settings"]


class Environment(StrEnum):
    """Where the hub runs; production refuses everything that is for trying out."""

    DEVELOPMENT = "development"
    PRODUCTION = "production"


class AgencySettings(BaseModel):
    """How to reach one agency; token, JWKS and API paths come from its contract."""

    url: str | None = Field(
        default=None, description="Base URL of the agency's system. 機關系統網址"
    )
    client_id: str | None = Field(default=None, description="OAuth2 client. 用戶端代碼")
    client_secret: SecretStr | None = Field(
        default=None, description="OAuth2 secret (VR, OSH). 密鑰"
    )
    private_key_file: Path | None = Field(
        default=None, description="LTC: private JWK as JSON, or PEM; ES256. 私鑰檔"
    )
    key_id: str | None = Field(
        default=None, description="LTC: kid when the key file is PEM. 金鑰代碼"
    )
    api_key: SecretStr | None = Field(
        default=None, description="OSH: X-API-Key of the drops. 下載金鑰"
    )
    timeout_seconds: float | None = Field(
        default=None, gt=0, description="Time without an answer; unset: the contract's. 逾時秒數"
    )
    deadline_seconds: float = Field(
        default=600.0, description="Total time of one request. 總時限秒數"
    )
    attempts: int = Field(default=5, ge=1, le=20, description="Tries of one request. 嘗試次數")
    page_size: int | None = Field(
        default=None,
        ge=1,
        le=5000,
        description="Rows asked for at once; unset: our choice. 每頁筆數",
    )
    sync_interval: timedelta | None = Field(
        default=None, description="Sync this often; unset: as all registries. 同步間隔"
    )


class IssuerSettings(BaseModel):
    """A token issuer that the hub trusts, and how far."""

    issuer: str
    audience: str
    algorithms: list[str] = ["ES256", "PS256", "EdDSA"]
    jwks_uri: str | None = None
    jwks_file: Path | None = None
    discovery: str | None = None
    claims: dict[str, str] = {}
    agency_types: list[str] = ["central", "local", "institution", "operator"]
    scopes: list[str] | None = None
    max_lifetime_seconds: int = 3600


class StaleAfter(BaseModel):
    """Age, from the last complete sync, at which a registry's facts are STALE; ISO 8601."""

    vr: timedelta = timedelta(hours=26)
    ltc: timedelta = timedelta(hours=2)
    osh: timedelta = timedelta(hours=50)


class UnavailableAfter(BaseModel):
    """Age at which a registry's facts are UNAVAILABLE: nothing is decided on them."""

    vr: timedelta = timedelta(days=7)
    ltc: timedelta = timedelta(days=3)
    osh: timedelta = timedelta(days=14)


class Settings(BaseSettings):
    """All settings. Durations are ISO 8601, lists are JSON."""

    model_config = SettingsConfigDict(
        env_prefix="CERTHUB_", env_nested_delimiter="__", extra="ignore", frozen=True
    )

    home: Path = Field(default=Path(".certhub"), description="Embedded database and keys. 資料目錄")
    database_url: SecretStr | None = Field(
        default=None, description="PostgreSQL 15+; unset: the embedded server. 資料庫"
    )
    environment: Environment = Field(default=Environment.DEVELOPMENT, description="環境")
    host: str = Field(default="127.0.0.1", description="Address to listen on. 監聽位址")
    port: int = Field(default=8080, ge=0, le=65535, description="Port to listen on. 監聽埠")
    workers: int = Field(default=1, ge=1, le=64, description="Server processes. 工作程序數")
    public_url: str | None = Field(
        default=None, description="URL under which clients see the hub. 公開網址"
    )
    vr: AgencySettings = AgencySettings()
    ltc: AgencySettings = AgencySettings()
    osh: AgencySettings = AgencySettings()
    issuers: list[IssuerSettings] = Field(
        default=[], description="Trusted token issuers. 信任的發行者"
    )
    id_keys_file: Path | None = Field(
        default=None,
        description="Keys of index, ciphertext and receipts; development makes its own. 金鑰檔",
    )
    stale_after: StaleAfter = Field(default=StaleAfter(), description="過期時限")
    unavailable_after: UnavailableAfter = Field(
        default=UnavailableAfter(), description="不可用時限"
    )
    business_date: date | None = Field(
        default=None, description="Day that counts as today; refused in production. 業務日"
    )
    holidays_file: Path | None = Field(
        default=None, description="Public holidays, one ISO day per line. 國定假日檔"
    )
    sync_interval: timedelta | None = Field(
        default=None, description="serve: sync each registry this often; unset: never. 同步間隔"
    )
    quarantine_limit: float = Field(
        default=0.2, gt=0, le=1, description="Share of bad rows that halts a run. 隔離比例上限"
    )
    mass_delete_limit: float = Field(
        default=0.3, gt=0, le=1, description="Share of rows a full listing may delete. 大量刪除上限"
    )
    verify_daily_budget: int = Field(
        default=2000,
        ge=0,
        description="Exact verifications of unregistered staff per client and day. 每日查核額度",
    )
    fail_point: str | None = Field(
        default=None,
        description="Die at this point, for tests of a killed process; refused in production. 故障點",
    )
    log_level: Annotated[str, NoDecode] = Field(default="INFO", description="記錄層級")

    @model_validator(mode="after")
    def _production_is_strict(self) -> Self:
        if self.environment is Environment.PRODUCTION:
            if self.business_date is not None:
                raise ValueError("CERTHUB_BUSINESS_DATE is refused when ENVIRONMENT=production")
            if self.fail_point is not None:
                raise ValueError("CERTHUB_FAIL_POINT is refused when ENVIRONMENT=production")
            if self.id_keys_file is None:
                raise ValueError("CERTHUB_ID_KEYS_FILE is required when ENVIRONMENT=production")
        return self
