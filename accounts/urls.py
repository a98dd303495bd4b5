from django.urls import path

from accounts import views
from accounts.sso import views as sso
from accounts.two_factor import views as two_factor

urlpatterns = [
    path("login/", views.SignIn.as_view(), name="login"),
    path("code/", two_factor.code, name="two-factor-code"),
    path("logout/", sso.SignOut.as_view(), name="logout"),
    path("sso/", sso.sso_begin, name="sso-begin"),
    path("sso/back", sso.sso_back, name="sso-back"),
    path("password/", views.ChangePassword.as_view(), name="password"),
    path("join/<str:token>/", views.join, name="join"),
    path("enter/<str:token>/", views.enter, name="enter"),
]
