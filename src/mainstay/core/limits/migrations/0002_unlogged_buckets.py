from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("limits", "0001_initial")]
    operations = [
        migrations.RunSQL("ALTER TABLE rate_bucket SET UNLOGGED", "ALTER TABLE rate_bucket SET LOGGED"),
    ]
