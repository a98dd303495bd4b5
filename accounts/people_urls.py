from django.urls import path

from accounts import link_tidying, link_views, people_views, trail_views
from accounts.two_factor import views as two_factor

urlpatterns = [
    path("", people_views.people_list, name="people-list"),
    path("<int:person_id>/", people_views.person, name="people-person"),
    path("<int:person_id>/state", people_views.person_state, name="people-state"),
    path("<int:person_id>/groups", people_views.person_groups, name="people-person-groups"),
    path("<int:person_id>/password", people_views.person_password, name="people-password"),
    path("<int:person_id>/link", link_views.sign_in_link, name="people-sign-in-link"),
    path("<int:person_id>/two-factor", two_factor.person_two_factor_end, name="people-person-two-factor"),
    path("two-factor/", two_factor.two_factor, name="people-two-factor"),
    path("two-factor/end", two_factor.two_factor_end, name="people-two-factor-end"),
    path("trail/", trail_views.trail, name="people-trail"),
    path("groups/", people_views.groups, name="people-groups"),
    path("groups/<int:group_id>/delete", people_views.group_remove, name="people-group-delete"),
    path("links/", link_views.links, name="people-links"),
    path("links/invite", link_views.invite, name="people-invite"),
    path("links/crowd", link_views.crowd_link, name="people-crowd-link"),
    path("links/<int:link_id>/revoke", link_views.revoke, name="people-link-revoke"),
    path("links/<int:link_id>/tidy", link_tidying.link_tidy, name="people-link-tidy"),
]
