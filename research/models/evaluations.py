"""Benchmarks with their questions, and evaluations: one model on one benchmark, a row an answer."""

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.db.models.functions import Now

from research.questions.records import Question

RAW_KEPT = 20_000  # characters of a reply


class QuestionSet(models.Model):
    """The questions of one benchmark, as its files held them."""

    name = models.CharField(max_length=60)
    digest = models.CharField(max_length=64, help_text="SHA-256 over its question files")
    files = models.JSONField(default=dict, help_text="name to SHA-256")
    official_bands = models.BooleanField(default=False, help_text="bands are from published scores, not from titles")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["name", "digest"], name="question_set_once")]

    def __str__(self) -> str:
        return f"{self.name} {self.digest[:7]}"


class BenchmarkQuestion(models.Model):
    """`cluster` names the co-buy, whose questions go together in every interval."""

    question_set = models.ForeignKey(QuestionSet, models.CASCADE, related_name="questions")
    task = models.CharField(max_length=30)
    place = models.IntegerField(help_text="in its file, from 0")
    key = models.CharField(max_length=200)
    stem = models.TextField(help_text="the prompt as far as the options")
    options = models.JSONField(help_text="texts by letter")
    gold = models.CharField(max_length=1)
    relation = models.CharField(max_length=40, blank=True)
    cluster = models.CharField(max_length=200)
    similarity = models.FloatField(null=True, help_text="of the two titles")
    band = models.CharField(max_length=20, blank=True)
    scored = models.BooleanField(default=True, help_text="counts by the rules of the benchmark")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["question_set", "task", "key"], name="benchmark_question_once")]

    def __str__(self) -> str:
        return f"{self.task} {self.key}"

    def record(self) -> Question:
        return Question(
            task=self.task, key=self.key, stem=self.stem, gold=self.gold, relation=self.relation, cluster=self.cluster,
            options={letter: self.options[letter] for letter in sorted(self.options)}, scored=self.scored,
        )  # fmt: skip


class EvaluationQuerySet(models.QuerySet):
    def for_list(self) -> "EvaluationQuerySet":
        return self.select_related("question_set").order_by("-pk")


class Evaluation(models.Model):
    class State(models.TextChoices):
        RUNNING = "running", "running"
        STOPPED = "stopped", "stopped"
        DONE = "done", "done"

    name = models.CharField(
        max_length=100,
        unique=True,
        validators=[RegexValidator(r"^(?!\.+\Z)[\w.-]+\Z", "Use letters, digits, dots, hyphens and underscores.")],
    )
    question_set = models.ForeignKey(QuestionSet, models.PROTECT, related_name="evaluations")
    backend = models.CharField(max_length=30)
    model = models.CharField(max_length=200, help_text="as the server names it")
    config = models.JSONField(help_text="tasks, mode, samples, sampling, what is asked; fixed at the start")
    base_urls = models.JSONField(default=list, blank=True)
    servers = models.JSONField(default=dict, blank=True, help_text="what the servers turned out to take")
    questions = models.IntegerField(help_text="asked, scored or not")
    state = models.CharField(max_length=20, choices=State, default=State.RUNNING)
    message = models.CharField(max_length=500, blank=True, help_text="why it stopped, if it did")
    seconds = models.FloatField(default=0, help_text="asking, over all starts")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True)
    created_at = models.DateTimeField(db_default=Now())
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = EvaluationQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name

    @property
    def tasks(self) -> list[str]:
        return self.config["tasks"]

    @property
    def mode(self) -> str:
        return self.config["mode"]

    @property
    def samples(self) -> int:
        return self.config["samples"]

    @property
    def maker(self) -> str:
        """Who answered, in words."""
        names = {"baseline": "rules on words, no model", "scripted": "simulated answers, no model"}
        return names.get(self.backend, self.model)

    @property
    def answers_owed(self) -> int:
        return self.questions * self.samples

    def asked(self) -> "models.QuerySet[BenchmarkQuestion]":
        """Only what is scored; with a limit, of the first so many rows of each task."""
        of_tasks = BenchmarkQuestion.objects.filter(question_set=self.question_set_id, task__in=self.tasks, scored=True)
        limit = self.config.get("limit")
        return of_tasks.filter(place__lt=limit) if limit else of_tasks


class EvaluationAnswer(models.Model):
    """Letters are those that were shown: `order` tells which option stood under which."""

    evaluation = models.ForeignKey(Evaluation, models.CASCADE, related_name="answers")
    question = models.ForeignKey(BenchmarkQuestion, models.PROTECT, related_name="+")
    sample = models.SmallIntegerField(default=0)
    order = models.CharField(max_length=8, blank=True, help_text="of the options; empty: as they are")
    raw = models.TextField(blank=True, help_text=f"at most {RAW_KEPT:,} characters")
    strict = models.CharField(max_length=4, blank=True, help_text="by the official rules; may be no option")
    lenient = models.CharField(max_length=1, blank=True, help_text="empty: the reply means none")
    failure = models.CharField(max_length=40, blank=True)
    detail = models.CharField(max_length=1000, blank=True)
    model = models.CharField(max_length=200, blank=True, help_text="as the reply names it")
    calls = models.IntegerField(default=0)
    prompt_tokens = models.IntegerField(default=0)
    cached_tokens = models.IntegerField(default=0)
    completion_tokens = models.IntegerField(default=0)
    answered_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["evaluation", "question", "sample"], name="evaluation_answer_once")
        ]

    def __str__(self) -> str:
        return f"{self.evaluation_id} {self.question_id} {self.strict or self.failure}"
