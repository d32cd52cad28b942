"""What the OSH registry contributes: certificates, classes with rosters, recognitions."""

from datetime import date
from typing import TYPE_CHECKING, Annotated, cast

import strawberry

from ..resolvers import class_decisions, classes, deadlines, institutions, objects, people
from .certificates import Certificate, Declared
from .context import Info
from .decisions import Deadline, Decision
from .fields import computed, shown
from .nodes import After, AsOf, Connection, First, Node, Provenance
from .scalars import Amount
from .selection import selects

if TYPE_CHECKING:
    from .institutions import Institution
    from .people import Person

__all__ = [
    "InstitutionRecognition",
    "OshCertificate",
    "OshQuery",
    "Trainee",
    "TrainingClass",
    "TrainingSession",
]


@strawberry.type(description="認可訓練機構之認可。 A recognition of an OSH training institution.")
class InstitutionRecognition:
    """A recognition; wraps ``resolvers.objects.InstitutionRecognition``."""

    number: str = strawberry.field(description="認可編號。 Number.")
    valid_from: date | None = strawberry.field(description="有效期間起。 First day.")
    valid_to: date | None = strawberry.field(description="有效期間迄。 Last day.")
    recognised_on: date | None = strawberry.field(description="認可日期。 Day of recognition.")
    kinds: list[str] = strawberry.field(
        description="訓練類別:professional、in_service。 Kinds of training."
    )
    registry_state: str | None = strawberry.field(description="機關所載狀態。 State as recorded.")
    termination: str | None = strawberry.field(
        description="終止種類:revoked、withdrawn。 How it was ended, if it was."
    )
    terminated_on: date | None = strawberry.field(description="終止日期。 Day of termination.")
    effective_on: date | None = strawberry.field(
        description="終止生效日。 Day on which the termination takes effect."
    )
    provenance: Provenance = strawberry.field(description="資料來源。 Where it comes from.")

    @computed("判定日之認可狀態。 Whether it is in force on the day.")
    def status(self, as_of: AsOf = None) -> Decision | None:
        """The decision ``osh.recognition_status``."""
        asked = shown(self, objects.InstitutionRecognition)
        return shown(class_decisions.recognition_status(asked, as_of), Decision)


@strawberry.type(description="訓練課程表之一堂。 A lesson in the timetable of a class.")
class TrainingSession:
    """A lesson; wraps ``resolvers.objects.TrainingSession``."""

    held_on: date | None = strawberry.field(description="日期。 Day.")
    time: str | None = strawberry.field(description="時間。 Time, as recorded.")
    course: str | None = strawberry.field(description="課程名稱。 Name of the course.")
    hours: Amount | None = strawberry.field(description="時數。 Hours.")
    category: str | None = strawberry.field(description="課程類別代碼。 Category.")
    lecturer: str | None = strawberry.field(description="講師姓名。 Lecturer.")

    @computed("課程序號,出席紀錄以此稱之。 Number that attendance is reported under.")
    def number(self) -> str:
        """The agency's key of the lesson."""
        return shown(self, objects.TrainingSession).key


@strawberry.type(description="受訓人員。 A person on the roster of a class.")
class Trainee:
    """A trainee; wraps ``resolvers.objects.Trainee``."""

    seq: int | None = strawberry.field(description="序號。 Number on the roster.")
    profession: str | None = strawberry.field(
        description="人員類別:physician、nurse、related。 Profession."
    )
    provenance: Provenance = strawberry.field(description="資料來源。 Where it comes from.")

    @computed("人員。 The person; null where the number on record leads to nobody.")
    def person(self) -> Annotated["Person", strawberry.lazy(".people")] | None:
        """The person."""
        return cast("Person", people.trainee_person(shown(self, objects.Trainee)))

    @computed("依出席與測驗推得之狀態。 State that follows from attendance and examinations.")
    def state(self) -> str | None:
        """The status of the completion decision."""
        return shown(class_decisions.trainee_state(shown(self, objects.Trainee)), str)

    @computed("出席判定。 Hours missed and what follows.")
    def attendance(self, as_of: AsOf = None, declared: Declared = None) -> Decision | None:
        """The decision ``osh.attendance``."""
        asked = shown(self, objects.Trainee)
        found = class_decisions.trainee_decision(asked, "attendance", as_of, declared)
        return shown(found, Decision)

    @computed("結業判定。 Where the trainee stands between examination and certificate.")
    def completion(self, as_of: AsOf = None, declared: Declared = None) -> Decision | None:
        """The decision ``osh.completion``."""
        asked = shown(self, objects.Trainee)
        found = class_decisions.trainee_decision(asked, "completion", as_of, declared)
        return shown(found, Decision)


@strawberry.type(description="勞工健康服務人員訓練班。 An OSH training class.")
class TrainingClass(Node):
    """A class; wraps ``resolvers.objects.TrainingClass``."""

    number: str = strawberry.field(description="班別編號。 The agency's number.")
    title: str | None = strawberry.field(description="訓練名稱。 Name.")
    kind: str | None = strawberry.field(
        description="訓練類別:professional、in_service。 Kind of training."
    )
    format: str | None = strawberry.field(
        description="授課形式:lecture、group_discussion。 Form of teaching."
    )
    period_no: str | None = strawberry.field(description="期別。 Period.")
    starts_on: date | None = strawberry.field(description="開訓日。 First day.")
    ends_on: date | None = strawberry.field(description="結訓日。 Last day.")
    state: str | None = strawberry.field(
        description="狀態:filed、noted、running、ended、reported、closed、cancelled、halted。 State."
    )
    registry_state: str | None = strawberry.field(description="機關所載狀態。 State as recorded.")
    county: str | None = strawberry.field(description="辦訓縣市。 County of the place.")
    county_code: str | None = strawberry.field(description="縣市代碼。 Code of the county.")
    venue: str | None = strawberry.field(description="訓練場所。 Venue.")
    total_hours: Amount | None = strawberry.field(description="總時數。 Hours in all.")
    enrolled: int | None = strawberry.field(
        description="受訓人數(機關所載)。 Trainees, as the agency counts them."
    )
    filed_on: date | None = strawberry.field(description="報備日期。 Day filed.")
    noted_no: str | None = strawberry.field(description="備查文號。 Letter that noted it.")
    noted_on: date | None = strawberry.field(description="備查日期。 Day noted.")
    uploaded_on: date | None = strawberry.field(description="登錄日期。 Day results were entered.")
    provenance: Provenance = strawberry.field(description="資料來源。 Where it comes from.")

    @computed("訓練機構。 The institution that holds it.")
    def institution(self) -> Annotated["Institution", strawberry.lazy(".institutions")] | None:
        """The institution."""
        asked = shown(self, objects.TrainingClass)
        return cast("Institution", institutions.provider_of(asked))

    @computed("訓練課程表。 The timetable.")
    def sessions(self) -> list[TrainingSession]:
        """The timetable."""
        found = classes.sessions(shown(self, objects.TrainingClass))
        return cast("list[TrainingSession]", found)

    @computed("報備與結訓後各項期限。 Days by which something is due, before and after the class.")
    def deadlines(self) -> list[Deadline]:
        """Deadlines of the class and of its trainees on the business day; nobody is named."""
        found = deadlines.class_dues(shown(self, objects.TrainingClass))
        return cast("list[Deadline]", found)

    @computed("受訓人員名冊。 The roster.")
    def trainees(
        self, info: Info, first: First = None, after: After = None
    ) -> Connection[Trainee] | None:
        """A page of the roster."""
        total = selects(info, "totalCount")
        found = classes.trainees(shown(self, objects.TrainingClass), first, after, total=total)
        return cast("Connection[Trainee]", found)

    @computed("報備判定。 Whether the filing is in order.")
    def filing(self, as_of: AsOf = None, declared: Declared = None) -> Decision | None:
        """The decision ``osh.class_filing``."""
        asked = shown(self, objects.TrainingClass)
        return shown(class_decisions.class_decision(asked, "filing", as_of, declared), Decision)

    @computed("結訓後登錄判定。 Whether what is due after the class was done in time.")
    def closing(self, as_of: AsOf = None, declared: Declared = None) -> Decision | None:
        """The decision ``osh.closing``."""
        asked = shown(self, objects.TrainingClass)
        return shown(class_decisions.class_decision(asked, "closing", as_of, declared), Decision)


@strawberry.type(
    description="勞工健康服務人員專業訓練結業證書;在職教育訓練義務附於此。 A completion certificate of professional "
    "training; the in-service duty hangs here."
)
class OshCertificate(Certificate):
    """An OSH certificate; wraps ``resolvers.objects.OshCertificate``."""

    issued_on: date | None = strawberry.field(description="核發日期。 Day of issue.")
    ends_on: date | None = strawberry.field(description="結訓日。 Last day of the class.")
    hours: Amount | None = strawberry.field(description="訓練時數。 Hours of training.")
    confirmed_on: date | None = strawberry.field(
        description="受訓人員確認日期。 Day the trainee confirmed it."
    )
    noted_no: str | None = strawberry.field(description="備查文號。 Letter that noted the class.")

    @computed("訓練班。 The class it was earned in.")
    def training_class(self) -> TrainingClass | None:
        """The class."""
        found = classes.class_of_certificate(shown(self, objects.OshCertificate))
        return shown(found, TrainingClass)


@strawberry.input(description="訓練班之篩選條件。 Which classes.")
class TrainingClassFilter:
    """Filter of ``trainingClasses``."""

    counties: list[str] | None = strawberry.field(
        default=None, description="辦訓縣市代碼。 County codes of the place."
    )
    institutions: list[str] | None = strawberry.field(
        default=None, description="機構統一編號。 Unified business numbers."
    )
    states: list[str] | None = strawberry.field(default=None, description="狀態。 States.")
    kinds: list[str] | None = strawberry.field(default=None, description="訓練類別。 Kinds.")
    starts_from: date | None = strawberry.field(
        default=None, description="開訓日起。 First 開訓日, included."
    )
    starts_to: date | None = strawberry.field(
        default=None, description="開訓日迄。 Last 開訓日, included."
    )

    def plain(self) -> classes.ClassFilter:
        """The filter of the use case."""
        return classes.ClassFilter(
            tuple(self.counties or ()),
            tuple(self.institutions or ()),
            tuple(self.states or ()),
            tuple(self.kinds or ()),
            self.starts_from,
            self.starts_to,
        )


_CLASS_FILTER = Annotated[
    TrainingClassFilter | None, strawberry.argument(description="篩選條件。 Which classes.")
]


@strawberry.type
class OshQuery:
    """Root fields of the OSH registry."""

    @computed("訓練班,開訓日近者在前。 OSH classes, latest first day first.")
    async def training_classes(
        self,
        info: Info,
        filter: _CLASS_FILTER = None,  # noqa: A002 - the API's name
        first: First = None,
        after: After = None,
    ) -> Connection[TrainingClass] | None:
        """A page of classes."""
        page = await classes.training_classes(
            info.context.hub,
            info.context.request,
            (filter or TrainingClassFilter()).plain(),
            first,
            after,
            total=selects(info, "totalCount"),
        )
        return cast("Connection[TrainingClass]", page)
